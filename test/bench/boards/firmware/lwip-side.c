/* lwIP's side: no operating system, the raw API. */
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

#include <string.h>

#include "board.h"
#include "mac.h"
#include "meter.h"
#include "port.h"
#include "uart.h"

static struct netif netif;

u32_t sys_now(void) { return port_heartbeats(); }

void bench_fail(const char *why) {
  uart_text("lwip: ");
  uart_text(why);
  uart_text("\n");
  for (;;) {
  }
}

static err_t discard(void *arg, struct tcp_pcb *pcb, struct pbuf *data, err_t error) {
  (void)arg, (void)error;
  if (data == NULL) return tcp_close(pcb);
  meter_count(data->tot_len);
  tcp_recved(pcb, data->tot_len);
  pbuf_free(data);
  return ERR_OK;
}

static void generate(struct tcp_pcb *pcb) {
  while (tcp_sndbuf(pcb) >= SEGMENT_BYTES && tcp_sndqueuelen(pcb) < TCP_SND_QUEUELEN) {
    if (tcp_write(pcb, meter_pattern, SEGMENT_BYTES, TCP_WRITE_FLAG_COPY) != ERR_OK) bench_fail("tcp_write");
    meter_count(SEGMENT_BYTES);
  }
  tcp_output(pcb);
}

static err_t sent(void *arg, struct tcp_pcb *pcb, u16_t bytes) {
  (void)arg, (void)bytes;
  generate(pcb);
  return ERR_OK;
}

static err_t accept_discard(void *arg, struct tcp_pcb *pcb, err_t error) {
  (void)arg, (void)error;
  tcp_recv(pcb, discard);
  return ERR_OK;
}

static err_t accept_generate(void *arg, struct tcp_pcb *pcb, err_t error) {
  (void)arg, (void)error;
  tcp_sent(pcb, sent);
  generate(pcb);
  return ERR_OK;
}

static void listen_at(uint16_t port, tcp_accept_fn accept) {
  struct tcp_pcb *pcb = tcp_new();
  if (pcb == NULL || tcp_bind(pcb, IP_ADDR_ANY, port) != ERR_OK) bench_fail("tcp_bind");
  tcp_accept(tcp_listen(pcb), accept);
}

static err_t prepare(struct netif *which) {
  static const uint8_t address[6] = {STATION_HIGH >> 8,         STATION_HIGH & 0xff,       STATION_LOW >> 24,
                                     (STATION_LOW >> 16) & 0xff, (STATION_LOW >> 8) & 0xff, STATION_LOW & 0xff};
  which->output = etharp_output;
  which->linkoutput = mac_send;
  which->mtu = 1500;
  which->hwaddr_len = 6;
  which->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
  memcpy(which->hwaddr, address, 6);
  mac_start(address);
  return ERR_OK;
}

void bench_start(void) {
  static const uint8_t own[4] = {STACK_ADDRESS};
  ip4_addr_t address, mask, gateway;
  lwip_init();
  IP4_ADDR(&address, own[0], own[1], own[2], own[3]);
  IP4_ADDR(&mask, 255, 255, 255, 0);
  IP4_ADDR(&gateway, 0, 0, 0, 0);
  if (netif_add(&netif, &address, &mask, &gateway, NULL, prepare, ethernet_input) == NULL) bench_fail("netif_add");
  netif_set_default(&netif);
  netif_set_up(&netif);
  listen_at(DISCARD_PORT, accept_discard);
  listen_at(GENERATE_PORT, accept_generate);
}

uint64_t bench_turn(void) {
  struct pbuf *frame;
  mac_attend();
  while ((frame = mac_receive()) != NULL) {
    if (netif.input(frame, &netif) != ERR_OK) pbuf_free(frame);
  }
  sys_check_timeouts();
  uint32_t wait = sys_timeouts_sleeptime();
  return port_micros() + (wait == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? 1000000u : wait * 1000u);
}
