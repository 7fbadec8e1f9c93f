/* The SMSC LAN9118, for lwIP. */
#include "board.h"
#include "fifo.h"

#define MAC ((volatile uint32_t *)MAC_BASE)
enum { RX_DATA = 0x00 / 4, TX_DATA = 0x20 / 4, RX_STATUS = 0x40 / 4, INTERRUPT_CONFIG = 0x54 / 4, INTERRUPTS = 0x58 / 4 };
enum { INTERRUPT_ENABLE = 0x5c / 4, FIFO_LEVELS = 0x68 / 4, RX_CONFIG = 0x6c / 4, TX_CONFIG = 0x70 / 4 };
enum { HARDWARE_CONFIG = 0x74 / 4, RX_FIFO_STATE = 0x7c / 4, TX_FIFO_STATE = 0x80 / 4, MAC_COMMAND = 0xa4 / 4, MAC_DATA = 0xa8 / 4 };
enum { CONTROL = 1, ADDRESS_HIGH = 2, ADDRESS_LOW = 3, CONTROL_RX_TX_DUPLEX = 1 << 2 | 1 << 3 | 1 << 20 };
enum { LINE_ACTIVE_HIGH = 0x111, RX_STATUS_LEVEL = 8, PAD_BYTES = 2, FCS_BYTES = 4, FIRST_AND_LAST = 0x3000, ERROR = 0x8000 };

static void write_mac(uint32_t which, uint32_t value) {
  MAC[MAC_DATA] = value;
  MAC[MAC_COMMAND] = 1u << 31 | which;
  while (MAC[MAC_COMMAND] >> 31) {
  }
}

void mac_start(const uint8_t address[6]) {
  MAC[HARDWARE_CONFIG] = 1;
  while (MAC[HARDWARE_CONFIG] & 1) {
  }
  MAC[HARDWARE_CONFIG] = 0x00150000;
  MAC[RX_CONFIG] = PAD_BYTES << 8;
  MAC[TX_CONFIG] = 1 << 1 | 1 << 2;
  MAC[FIFO_LEVELS] = 0;
  write_mac(ADDRESS_LOW, address[0] | address[1] << 8 | address[2] << 16 | (uint32_t)address[3] << 24);
  write_mac(ADDRESS_HIGH, address[4] | address[5] << 8);
  write_mac(CONTROL, CONTROL_RX_TX_DUPLEX);
  MAC[INTERRUPTS] = 0xffffffff;
  MAC[INTERRUPT_CONFIG] = LINE_ACTIVE_HIGH;
  MAC[INTERRUPT_ENABLE] = RX_STATUS_LEVEL;
}

void mac_attend(void) { MAC[INTERRUPTS] = MAC[INTERRUPTS]; }

struct pbuf *mac_receive(void) {
  if ((MAC[RX_FIFO_STATE] >> 16 & 0xff) == 0) return NULL;
  uint32_t status = MAC[RX_STATUS], bytes = status >> 16 & 0x3fff;
  uint32_t length = PAD_BYTES + bytes - FCS_BYTES, words = (PAD_BYTES + bytes + 3) / 4, kept = (length + 3) / 4;
  struct pbuf *frame = status & ERROR ? NULL : pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_POOL);
  if (frame == NULL) kept = 0;
  else fifo_read(&MAC[RX_DATA], frame->payload, kept);
  for (uint32_t i = kept; i < words; i++) (void)MAC[RX_DATA];
  return frame;
}

err_t mac_send(struct netif *netif, struct pbuf *frame) {
  (void)netif;
  uint32_t length = frame->tot_len - PAD_BYTES, words = (frame->tot_len + 3) / 4;
  while ((MAC[TX_FIFO_STATE] & 0xffff) < 8 + words * 4) {
  }
  const uint32_t *from = fifo_words(frame);
  MAC[TX_DATA] = FIRST_AND_LAST | PAD_BYTES << 16 | length;
  MAC[TX_DATA] = length;
  fifo_write(&MAC[TX_DATA], from, words);
  return ERR_OK;
}
