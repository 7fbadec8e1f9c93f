// What is measured: the applications at both ends, by lwIP's raw API, each byte compared on arrival.

#include "bench.h"
#include "lwip/init.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/tcp.h"
#include "lwip/udp.h"
#include <string.h>

#define PORT 7000
#define REQUEST 0x3f
#define ANSWER 0x21
// Datagrams sent in a row, as many as in every peer.
#define VOLLEY 64
// Turns in a row that may bring nothing. Each takes a millisecond: longer than any retransmission takes.
#define PATIENCE 100000

static enum work work;
static int roles;
static uint32_t message_bytes;
static uint32_t pause_ms;

// Operations that the client is to do, has begun, and that have come to their end; of bulk these are bytes. They wrap.
static uint32_t demanded;
static uint32_t begun;
static uint32_t done;
// Bytes of the stream from client to server, and back: written and received.
static uint64_t written, received, written_back, received_back;

static struct tcp_pcb *client_pcb;
static struct udp_pcb *client_udp;
static int is_open;

static void demand_ok(err_t answer, const char *what)
{
  if (answer != ERR_OK) bench_fail(what);
}

static void write_bytes(struct tcp_pcb *pcb, const void *bytes, uint32_t count)
{
  demand_ok(tcp_write(pcb, bytes, (u16_t)count, TCP_WRITE_FLAG_COPY), "tcp_write");
}

static void fail_on_error(void *arg, err_t error)
{
  (void)arg;
  (void)error;
  bench_fail("lwIP has reported an error on a connection");
}

// ---- bulk

static void write_bulk(void)
{
  for (;;) {
    uint32_t left = demanded - (uint32_t)written;
    uint32_t count = LWIP_MIN((uint32_t)tcp_sndbuf(client_pcb), left);
    if (count > 0xffff) count = 0xffff;
    // Whole segments, but for the last one of all.
    if (count < left) count -= count % TCP_MSS;
    if (count == 0) break;
    write_bytes(client_pcb, payload_at(written), count);
    written += count;
  }
  tcp_output(client_pcb);
}

static void take(struct tcp_pcb *pcb, struct pbuf *data, uint64_t *position)
{
  for (struct pbuf *piece = data; piece != NULL; piece = piece->next) {
    payload_check(*position, piece->payload, piece->len);
    *position += piece->len;
  }
  tcp_recved(pcb, data->tot_len);
  pbuf_free(data);
}

// ---- round trips

static void begin_trip(void)
{
  begun++;
  write_bytes(client_pcb, payload_at(written), message_bytes);
  written += message_bytes;
  tcp_output(client_pcb);
}

static void take_answer(struct tcp_pcb *pcb, struct pbuf *data)
{
  take(pcb, data, &received_back);
  if (received_back != written) bench_fail("an answer came in pieces");
  done++;
  if (begun != demanded) begin_trip();
}

static void answer_trip(struct tcp_pcb *pcb)
{
  write_bytes(pcb, payload_at(written_back), (uint32_t)(received - written_back));
  written_back = received;
  tcp_output(pcb);
}

// ---- connections

static void take_byte(struct tcp_pcb *pcb, struct pbuf *data, uint8_t byte)
{
  if (data->tot_len != 1 || *(uint8_t *)data->payload != byte) bench_fail("another byte came than was sent");
  tcp_recved(pcb, 1);
  pbuf_free(data);
}

static void send_byte(struct tcp_pcb *pcb, uint8_t byte)
{
  write_bytes(pcb, &byte, 1);
  tcp_output(pcb);
}

// ---- the callbacks of both ends

static err_t client_received(void *arg, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
  (void)arg;
  (void)error;
  if (data == NULL) {
    if (work != CONNECTIONS) bench_fail("the stream has ended");
    return ERR_OK;
  }
  if (work == CONNECTIONS) {
    take_byte(pcb, data, ANSWER);
    demand_ok(tcp_close(pcb), "tcp_close");
  } else take_answer(pcb, data);
  return ERR_OK;
}

static err_t server_received(void *arg, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
  (void)arg;
  (void)error;
  if (data == NULL) {
    demand_ok(tcp_close(pcb), "tcp_close");
    return ERR_OK;
  }
  if (work == CONNECTIONS) {
    take_byte(pcb, data, REQUEST);
    send_byte(pcb, ANSWER);
    return ERR_OK;
  }
  take(pcb, data, &received);
  if (work == ROUND_TRIPS) answer_trip(pcb);
  else done = (uint32_t)received;
  return ERR_OK;
}

static err_t client_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
  (void)arg;
  demand_ok(error, "connect");
  is_open = 1;
  tcp_nagle_disable(pcb); // a run's last piece is short: it is not to wait for the ACK of those before
  if (work == CONNECTIONS) send_byte(pcb, REQUEST);
  return ERR_OK;
}

static err_t server_accepted(void *arg, struct tcp_pcb *pcb, err_t error)
{
  (void)arg;
  demand_ok(error, "accept");
  tcp_recv(pcb, server_received);
  tcp_err(pcb, fail_on_error);
  return ERR_OK;
}

static void datagram_received(void *arg, struct udp_pcb *pcb, struct pbuf *data, const ip_addr_t *from, u16_t port)
{
  (void)arg;
  (void)pcb;
  (void)from;
  (void)port;
  if (data->tot_len != message_bytes) bench_fail("a datagram came with another length");
  payload_check(received, data->payload, data->len);
  received += message_bytes;
  done++;
  pbuf_free(data);
}

// ---- beginning, and taking turns

static void open_connection(void)
{
  client_pcb = tcp_new();
  if (client_pcb == NULL) bench_fail("no control block is left");
  tcp_recv(client_pcb, client_received);
  tcp_err(client_pcb, fail_on_error);
  demand_ok(tcp_connect(client_pcb, address_of(SERVER), PORT, client_connected), "tcp_connect");
}

// A connection is over when neither end has it among the active ones: TIME-WAIT is a list of its own.
static void next_connection(void)
{
  if (tcp_active_pcbs != NULL) return;
  done = begun;
  if (begun == demanded) return;
  clock_go_on(pause_ms);
  begun++;
  open_connection();
}

// The first goes alone: it asks for the Ethernet address, for which lwIP lets one packet wait.
static void send_volley(void)
{
  int volley = begun == 0 ? 1 : VOLLEY;
  for (int i = 0; i < volley && begun != demanded; i++, begun++) {
    struct pbuf *data = pbuf_alloc(PBUF_TRANSPORT, (u16_t)message_bytes, PBUF_RAM);
    if (data == NULL) bench_fail("no memory for a datagram");
    memcpy(data->payload, payload_at(written), message_bytes);
    demand_ok(udp_send(client_udp, data), "udp_send");
    pbuf_free(data);
    written += message_bytes;
  }
}

static void start_server(void)
{
  if (work == DATAGRAMS) {
    struct udp_pcb *pcb = udp_new();
    demand_ok(udp_bind(pcb, address_of(SERVER), PORT), "udp_bind");
    udp_recv(pcb, datagram_received, NULL);
    return;
  }
  struct tcp_pcb *pcb = tcp_new();
  demand_ok(tcp_bind(pcb, address_of(SERVER), PORT), "tcp_bind");
  pcb = tcp_listen(pcb);
  tcp_accept(pcb, server_accepted);
}

static void start_client(void)
{
  if (work == DATAGRAMS) {
    client_udp = udp_new();
    demand_ok(udp_bind(client_udp, address_of(CLIENT), PORT), "udp_bind");
    demand_ok(udp_connect(client_udp, address_of(SERVER), PORT), "udp_connect");
  } else if (work != CONNECTIONS) open_connection();
}

void work_start(int which, int whose, uint32_t bytes, uint32_t pause)
{
  work = (enum work)which;
  roles = whose;
  message_bytes = bytes;
  pause_ms = pause;
  payload_start();
  lwip_init();
  wire_start(whose);
  if (whose & SERVER) start_server();
  if (whose & CLIENT) start_client();
}

// So many operations more; of bulk, bytes.
void work_demand(uint32_t count)
{
  demanded += count;
}

uint32_t work_done(void)
{
  return done;
}

static void client_turn(void)
{
  switch (work) {
  case BULK:
    if (is_open) write_bulk();
    break;
  case ROUND_TRIPS:
    if (is_open && begun == done && begun != demanded) begin_trip();
    break;
  case CONNECTIONS:
    next_connection();
    break;
  case DATAGRAMS:
    // The next volley when the one before has come; in two instances, the other's turn is between them.
    send_volley();
    break;
  }
}

// A turn of this instance: what has come is received, the application acts, frames are on the wire.
void work_turn(void)
{
  wire_receive(0);
  if (roles & CLIENT) client_turn();
}

// One instance alone: turns until so many operations are done.
int work_run(uint32_t count)
{
  work_demand(count);
  for (uint32_t idle = 0; done != demanded;) {
    uint32_t before = done;
    client_turn();
    while (wire_receive(1) | wire_receive(0)) continue;
    if (work == CONNECTIONS && tcp_active_pcbs == NULL) done = begun;
    idle = done == before ? idle + 1 : 0;
    if (idle > 0) clock_go_on(1);
    if (idle > PATIENCE) bench_fail("nothing arrives any more");
  }
  return 0;
}
