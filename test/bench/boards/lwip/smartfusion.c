/* The Ethernet MAC of SmartFusion2 parts, for lwIP: it moves frames by itself, between buffers that are lwIP's own. */
#include "board.h"
#include "mac.h"

#define MAC ((volatile uint32_t *)MAC_BASE)
enum { CONFIG1 = 0x00 / 4, CONFIG2 = 0x04 / 4, ADDRESS1 = 0x40 / 4, ADDRESS2 = 0x44 / 4, FIFO_CONFIG0 = 0x48 / 4 };
enum { TX_CONTROL = 0x180 / 4, TX_DESCRIPTOR = 0x184 / 4, TX_STATUS = 0x188 / 4 };
enum { RX_CONTROL = 0x18c / 4, RX_DESCRIPTOR = 0x190 / 4, RX_STATUS = 0x194 / 4, INTERRUPT_MASK = 0x198 / 4 };
enum { ENABLE = 1, FRAME = 1, UNDERRUN = 2, OVERFLOW = 4, INTERRUPT_RECEIVED = 1 << 4 | 1 << 6 };
#define EMPTY 0x80000000u

struct descriptor {
  volatile uint32_t buffer, control;
  struct descriptor *next;
};
enum { RX_RING = 4, TX_RING = 4, LONGEST = PBUF_POOL_BUFSIZE - ETH_PAD_SIZE };
static struct descriptor rx[RX_RING], tx[TX_RING];
static struct pbuf *rx_frames[RX_RING], *tx_frames[TX_RING];
static uint32_t rx_next, tx_next, tx_done, tx_used;

static void give_buffer(uint32_t place) {
  struct pbuf *frame = pbuf_alloc(PBUF_RAW, PBUF_POOL_BUFSIZE, PBUF_POOL);
  rx_frames[place] = frame;
  if (frame == NULL) return; /* the receiver stops here until there is one */
  rx[place].buffer = (uint32_t)frame->payload + ETH_PAD_SIZE;
  rx[place].control = EMPTY;
}

static void start_receiver(void) {
  MAC[RX_DESCRIPTOR] = (uint32_t)&rx[rx_next];
  MAC[RX_CONTROL] = ENABLE;
}

void mac_start(const uint8_t address[6]) {
  MAC[CONFIG1] = 1u << 31;
  MAC[CONFIG1] = 0;
  MAC[CONFIG2] = 0x7105;
  MAC[FIFO_CONFIG0] = 0x1f00;
  MAC[ADDRESS1] = (uint32_t)address[0] << 24 | address[1] << 16 | address[2] << 8 | address[3];
  MAC[ADDRESS2] = (uint32_t)address[4] << 24 | address[5] << 16;
  for (uint32_t i = 0; i < RX_RING; i++) {
    rx[i].next = &rx[(i + 1) % RX_RING];
    give_buffer(i);
  }
  for (uint32_t i = 0; i < TX_RING; i++) {
    tx[i].next = &tx[(i + 1) % TX_RING];
    tx[i].control = EMPTY;
  }
  MAC[CONFIG1] = 1 << 0 | 1 << 2;
  MAC[INTERRUPT_MASK] = INTERRUPT_RECEIVED;
  start_receiver();
}

void mac_attend(void) {
  if (!(MAC[RX_STATUS] & OVERFLOW)) return;
  MAC[RX_STATUS] = OVERFLOW;
  start_receiver();
}

struct pbuf *mac_receive(void) {
  if (rx_frames[rx_next] == NULL) give_buffer(rx_next);
  if (rx_frames[rx_next] == NULL || rx[rx_next].control & EMPTY) return NULL;
  struct pbuf *frame = rx_frames[rx_next];
  MAC[RX_STATUS] = FRAME;
  uint32_t bytes = rx[rx_next].control & 0x7ff;
  pbuf_realloc(frame, (u16_t)((bytes < LONGEST ? bytes : LONGEST) + ETH_PAD_SIZE));
  give_buffer(rx_next);
  rx_next = (rx_next + 1) % RX_RING;
  return frame;
}

static void reclaim(void) {
  while (tx_used > 0 && tx[tx_done].control & EMPTY) {
    MAC[TX_STATUS] = FRAME;
    pbuf_free(tx_frames[tx_done]);
    tx_done = (tx_done + 1) % TX_RING;
    tx_used--;
  }
}

/* From where the frame lies; one in pieces is put together first, for the MAC does not gather. */
err_t mac_send(struct netif *netif, struct pbuf *frame) {
  (void)netif;
  reclaim();
  while (tx_used == TX_RING) reclaim();
  if (frame->next == NULL) pbuf_ref(frame);
  else frame = pbuf_clone(PBUF_RAW, PBUF_RAM, frame);
  if (frame == NULL) return ERR_MEM;
  tx_frames[tx_next] = frame;
  tx[tx_next].buffer = (uint32_t)frame->payload + ETH_PAD_SIZE;
  __asm volatile("dmb" ::: "memory");
  tx[tx_next].control = frame->tot_len - ETH_PAD_SIZE;
  struct descriptor *first = &tx[tx_next];
  tx_next = (tx_next + 1) % TX_RING;
  tx_used++;
  if (MAC[TX_CONTROL] & ENABLE) return ERR_OK;
  MAC[TX_STATUS] = UNDERRUN;
  MAC[TX_DESCRIPTOR] = (uint32_t)first;
  MAC[TX_CONTROL] = ENABLE;
  reclaim();
  return ERR_OK;
}
