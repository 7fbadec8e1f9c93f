/* lwIP's driver for the MAC of a board: one of the files beside this. */
#ifndef MAC_H
#define MAC_H

#include "lwip/netif.h"
#include "lwip/pbuf.h"

void mac_start(const uint8_t address[6]);

/* Acknowledges interrupts. */
void mac_attend(void);

/* The next frame that has come, behind two bytes of padding; NULL when there is none, or no buffer for it. */
struct pbuf *mac_receive(void);

err_t mac_send(struct netif *netif, struct pbuf *frame);

#endif
