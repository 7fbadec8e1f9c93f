// lwIP as one who knows it would set it up for throughput on a machine with memory, by its raw API, without threads.
// What is not named here stays at lwIP's default; above all, every checksum is made and verified in software.
// Set on the command line: BENCH_WINDOW in bytes, BENCH_GOOD_CHECKSUM.
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

// The raw API without an operating system: callbacks, no locks, no copies between threads.
#define NO_SYS 1
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define SYS_LIGHTWEIGHT_PROT 0

// What is not used is left out; it would cost checks on the way of every packet.
#define LWIP_IPV6 0
#define LWIP_STATS 0
#define LWIP_NOASSERT 1
#define LWIP_RAW 0
#define LWIP_HAVE_LOOPIF 0
#define LWIP_NETIF_LOOPBACK 0

// Room for everything: no pool may run out. A received frame lies in one buffer, behind two bytes that align its IP header.
#define MEM_ALIGNMENT 8
#define MEM_SIZE (8 * 1024 * 1024)
#define ETH_PAD_SIZE 2
#define PBUF_POOL_SIZE 1024
#define PBUF_POOL_BUFSIZE 1536
#define MEMP_NUM_PBUF 1024
#define MEMP_NUM_TCP_SEG 2048
// The largest that lwIP's scan for free ports allows for: TIME-WAIT in the busiest row has 3,000.
#define MEMP_NUM_TCP_PCB 8192

// MTU 1500; the window and the send buffer are the same.
#define TCP_MSS 1460
#define TCP_WND BENCH_WINDOW
#define TCP_SND_BUF BENCH_WINDOW
#define TCP_SND_QUEUELEN (16 + 4 * (TCP_SND_BUF / TCP_MSS))
#if BENCH_WINDOW > 65535
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 3
#define TCP_SNDLOWAT 32768 // only for the sockets that are not used, but the default does not fit
#endif

// TIME-WAIT lasts 2 MSL: 60 s.
#define TCP_MSL 30000

// Both ends in one instance: the way to an address leads out of the other end's adapter (wire.c).
#define LWIP_HOOK_IP4_ROUTE_SRC(src, dest) bench_route(dest)

// lwIP's own checksum is LWIP_CHKSUM_ALGORITHM 2, the default; or ours (checksum.c), as ports supply one.
#if BENCH_GOOD_CHECKSUM
#define LWIP_CHKSUM bench_checksum
#endif

#endif
