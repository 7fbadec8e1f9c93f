// The adapters and the wire, as a driver for a MAC with DMA would have them: a frame is copied once, from the buffer in
// which lwIP sends it into one of the receiver's pool. In one instance this happens here; between two, the descriptors
// below say where the frames are, and JavaScript copies them (wire.ts).

#include "bench.h"
#include "lwip/etharp.h"
#include "lwip/pbuf.h"
#include "netif/ethernet.h"
#include <string.h>

// More than the frames of the largest window.
#define RING 256
// What is longer than this carries data; an ACK is 54 bytes, or 66 with options.
#define LONGEST_ACK 80

struct netif ends[2];
uint32_t segments_sent;
uint32_t acks_sent;

static int both;
static ip4_addr_t addresses[2];

// One instance: frames on their way to each end.
static struct {
  struct pbuf *frames[RING];
  uint32_t first, count;
} lanes[2];

// Two instances: what JavaScript reads and writes.
struct descriptor {
  uint32_t address;
  uint32_t bytes;
};
static struct descriptor tx_ring[RING], rx_ring[RING];
static uint32_t tx_count, rx_count;
static struct pbuf *tx_frames[RING], *rx_frames[RING];

const ip4_addr_t *address_of(int role)
{
  return &addresses[role - 1];
}

static void count_frame(const struct pbuf *frame)
{
  if (frame->tot_len > LONGEST_ACK) segments_sent++;
  else acks_sent++;
}

static err_t send_here(struct netif *netif, struct pbuf *frame)
{
  int to = netif == &ends[0] ? 1 : 0;
  struct pbuf *copy = pbuf_alloc(PBUF_RAW, frame->tot_len, PBUF_POOL);
  if (copy == NULL || lanes[to].count == RING) bench_fail("the receiver's ring is full");
  pbuf_copy(copy, frame);
  lanes[to].frames[(lanes[to].first + lanes[to].count++) % RING] = copy;
  count_frame(frame);
  return ERR_OK;
}

// The MAC sends from where the frame lies; one in pieces is put together first, as a MAC without gathering needs it.
static err_t send_there(struct netif *netif, struct pbuf *frame)
{
  (void)netif;
  if (tx_count == RING) bench_fail("the transmit ring is full");
  if (frame->next == NULL) pbuf_ref(frame);
  else frame = pbuf_clone(PBUF_RAW, PBUF_RAM, frame);
  if (frame == NULL) bench_fail("no memory for a frame");
  tx_ring[tx_count].address = (uint32_t)(uintptr_t)frame->payload + ETH_PAD_SIZE;
  tx_ring[tx_count].bytes = frame->tot_len - ETH_PAD_SIZE;
  tx_frames[tx_count++] = frame;
  count_frame(frame);
  return ERR_OK;
}

// The frames that JavaScript has carried are lwIP's again.
void wire_reclaim(void)
{
  for (uint32_t i = 0; i < tx_count; i++) pbuf_free(tx_frames[i]);
  tx_count = 0;
}

static void give_buffer(uint32_t place)
{
  struct pbuf *frame = pbuf_alloc(PBUF_RAW, PBUF_POOL_BUFSIZE, PBUF_POOL);
  if (frame == NULL) bench_fail("no buffer for the receive ring");
  rx_frames[place] = frame;
  rx_ring[place].address = (uint32_t)(uintptr_t)frame->payload + ETH_PAD_SIZE;
}

static int receive_there(void)
{
  uint32_t count = rx_count;
  for (uint32_t i = 0; i < count; i++) {
    struct pbuf *frame = rx_frames[i];
    pbuf_realloc(frame, (u16_t)(rx_ring[i].bytes + ETH_PAD_SIZE));
    if (ends[0].input(frame, &ends[0]) != ERR_OK) pbuf_free(frame);
    give_buffer(i);
  }
  rx_count = 0;
  return count > 0;
}

static int receive_here(int end)
{
  int received = lanes[end].count > 0;
  while (lanes[end].count > 0) {
    struct pbuf *frame = lanes[end].frames[lanes[end].first];
    lanes[end].first = (lanes[end].first + 1) % RING;
    lanes[end].count--;
    if (ends[end].input(frame, &ends[end]) != ERR_OK) pbuf_free(frame);
  }
  return received;
}

// Hands lwIP what has come to an end. True when something had.
int wire_receive(int end)
{
  return both ? receive_here(end) : receive_there();
}

// To reach an address, a frame leaves by the other end's adapter.
struct netif *bench_route(const ip4_addr_t *destination)
{
  return both && ip4_addr_cmp(destination, &addresses[0]) ? &ends[1] : &ends[0];
}

static err_t prepare(struct netif *netif)
{
  netif->name[0] = 'b';
  netif->name[1] = 'e';
  netif->output = etharp_output;
  netif->linkoutput = both ? send_here : send_there;
  netif->mtu = 1500;
  netif->hwaddr_len = 6;
  netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
  return ERR_OK;
}

static void add_end(struct netif *netif, int role)
{
  ip4_addr_t mask, gateway;
  IP4_ADDR(&mask, 255, 255, 255, 0);
  IP4_ADDR(&gateway, 0, 0, 0, 0);
  if (netif_add(netif, address_of(role), &mask, &gateway, NULL, prepare, ethernet_input) == NULL)
    bench_fail("netif_add");
  memcpy(netif->hwaddr, (const uint8_t[]){2, 0, 0, 0, 0, (uint8_t)role}, 6);
  netif_set_up(netif);
}

void wire_start(int roles)
{
  both = roles == (CLIENT | SERVER);
  IP4_ADDR(&addresses[0], 10, 0, 0, 1);
  IP4_ADDR(&addresses[1], 10, 0, 0, 2);
  add_end(&ends[0], roles & CLIENT ? CLIENT : SERVER);
  if (both) add_end(&ends[1], SERVER);
  else for (uint32_t i = 0; i < RING; i++) give_buffer(i);
}

#ifdef __wasm__
// For JavaScript: where the rings and their counts are.
__attribute__((export_name("txRing"))) void *wire_tx_ring(void) { return tx_ring; }
__attribute__((export_name("txCount"))) void *wire_tx_count(void) { return &tx_count; }
__attribute__((export_name("rxRing"))) void *wire_rx_ring(void) { return rx_ring; }
__attribute__((export_name("rxCount"))) void *wire_rx_count(void) { return &rx_count; }
#endif
