/* The Ethernet controller of Stellaris LM3S parts, for lwIP. */
#include "board.h"
#include "fifo.h"

#define MAC ((volatile uint32_t *)MAC_BASE)
enum { INTERRUPTS = 0x00 / 4, INTERRUPT_MASK = 0x04 / 4, RX_CONTROL = 0x08 / 4, TX_CONTROL = 0x0c / 4, DATA = 0x10 / 4 };
enum { ADDRESS_LOW = 0x14 / 4, ADDRESS_HIGH = 0x18 / 4, FRAMES = 0x34 / 4, TX_REQUEST = 0x38 / 4 };
enum { RX_ENABLE = 1, RX_REJECT_BAD_CRC = 8, RX_RESET = 16, TX_ENABLE_PAD_CRC_DUPLEX = 0x17, TX_NEW = 1, INTERRUPT_RX = 1 };
/* In front of a frame: its length with this and the FCS; of one to send, what is behind its header. */
enum { LENGTH_BYTES = 2, FCS_BYTES = 4, HEADER_BYTES = 14 };

void mac_start(const uint8_t address[6]) {
  MAC[RX_CONTROL] = RX_RESET;
  MAC[INTERRUPTS] = 0x7f;
  MAC[ADDRESS_LOW] = address[0] | address[1] << 8 | address[2] << 16 | (uint32_t)address[3] << 24;
  MAC[ADDRESS_HIGH] = address[4] | address[5] << 8;
  MAC[TX_CONTROL] = TX_ENABLE_PAD_CRC_DUPLEX;
  MAC[RX_CONTROL] = RX_ENABLE | RX_REJECT_BAD_CRC;
  MAC[INTERRUPT_MASK] = INTERRUPT_RX;
}

void mac_attend(void) { MAC[INTERRUPTS] = MAC[INTERRUPTS]; }

/* The two bytes of length stand where lwIP wants padding, so that words go where they belong as they come. */
struct pbuf *mac_receive(void) {
  if (MAC[FRAMES] == 0) return NULL;
  uint32_t first = MAC[DATA], bytes = first & 0xffff;
  uint32_t length = bytes - FCS_BYTES, words = (bytes + 3) / 4, kept = (length + 3) / 4;
  struct pbuf *frame = pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_POOL);
  if (frame == NULL) kept = 1;
  else {
    uint32_t *to = frame->payload;
    to[0] = first;
    fifo_read(&MAC[DATA], to + 1, kept - 1);
  }
  for (uint32_t i = kept; i < words; i++) (void)MAC[DATA];
  return frame;
}

err_t mac_send(struct netif *netif, struct pbuf *frame) {
  (void)netif;
  while (MAC[TX_REQUEST] & TX_NEW) {
  }
  const uint32_t *words = fifo_words(frame);
  uint32_t length = frame->tot_len;
  MAC[DATA] = (words[0] & 0xffff0000) | (length - LENGTH_BYTES - HEADER_BYTES);
  fifo_write(&MAC[DATA], words + 1, (length + 3) / 4 - 1);
  MAC[TX_REQUEST] = TX_NEW;
  return ERR_OK;
}
