/*
 * lwIP as one who knows it would set it up for these boards: the raw API, IPv4 and TCP alone, no assertions, no statistics,
 * every checksum made and verified in software. What is not named here stays at lwIP's default. Set on the command line:
 * BENCH_RX_WINDOW and BENCH_TX_BUFFER, in segments as Thimble's profile has them, and BENCH_CHECKSUM, which
 * of lwIP's own checksums, or 0 for ours.
 */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS 1
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define SYS_LIGHTWEIGHT_PROT 0

#define LWIP_IPV6 0
#define LWIP_UDP 0
#define LWIP_RAW 0
#define LWIP_STATS 0
#define LWIP_NOASSERT 1
#define LWIP_HAVE_LOOPIF 0
#define LWIP_NETIF_LOOPBACK 0
#define IP_REASSEMBLY 0
#define IP_FRAG 0

/* A received frame lies in one buffer, behind two bytes that align its IP header and words of a FIFO alike. */
#define MEM_ALIGNMENT 4
#define ETH_PAD_SIZE 2
#define PBUF_POOL_SIZE 8
#define PBUF_POOL_BUFSIZE 1536
#define MEM_SIZE 16384
#define MEMP_NUM_TCP_PCB 4
#define MEMP_NUM_TCP_PCB_LISTEN 2
#define MEMP_NUM_TCP_SEG 32

#define TCP_MSS 1460
#define TCP_WND (BENCH_RX_WINDOW * TCP_MSS)
#define TCP_SND_BUF (BENCH_TX_BUFFER * TCP_MSS)
#define TCP_SND_QUEUELEN (4 * BENCH_TX_BUFFER)
/* An ACK for every second segment. With the default, so small a window is told of anew with each. */
#define TCP_WND_UPDATE_THRESHOLD (2 * TCP_MSS)

#if BENCH_CHECKSUM > 0
#define LWIP_CHKSUM_ALGORITHM BENCH_CHECKSUM
#else
#define LWIP_CHKSUM bench_checksum
#endif

#endif
