/* What drivers for FIFOs share: words between a register and memory, four in a turn. */
#ifndef FIFO_H
#define FIFO_H

#include <stdint.h>

#include "lwip/pbuf.h"
#include "mac.h"

static inline void fifo_read(volatile const uint32_t *port, uint32_t *to, uint32_t words) {
  for (; words >= 4; words -= 4, to += 4) {
    to[0] = *port;
    to[1] = *port;
    to[2] = *port;
    to[3] = *port;
  }
  while (words--) *to++ = *port;
}

static inline void fifo_write(volatile uint32_t *port, const uint32_t *from, uint32_t words) {
  for (; words >= 4; words -= 4, from += 4) {
    *port = from[0];
    *port = from[1];
    *port = from[2];
    *port = from[3];
  }
  while (words--) *port = *from++;
}

/* The words of a frame to send: where they lie, when they are in one aligned piece; else they are put together. */
static inline const uint32_t *fifo_words(const struct pbuf *frame) {
  static uint32_t whole[1536 / 4];
  if (frame->next == NULL && ((uintptr_t)frame->payload & 3) == 0) return frame->payload;
  pbuf_copy_partial(frame, whole, frame->tot_len, 0);
  return whole;
}

#endif
