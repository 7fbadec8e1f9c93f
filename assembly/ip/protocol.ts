// What an IP packet may carry: the numbers that both versions share (IANA, Protocol Numbers).

export const enum Protocol {
  ICMP = 1,
  IGMP = 2,
  TCP = 6,
  UDP = 17,
}
