// What an IP packet may carry (IANA, Protocol Numbers): the numbers that both versions share.

export const enum Protocol {
  HOP_BY_HOP = 0,
  ICMP = 1,
  IGMP = 2,
  TCP = 6,
  UDP = 17,
  ROUTING = 43,
  FRAGMENT = 44,
  ICMPV6 = 58,
  /** Nothing follows. */
  NONE = 59,
  DESTINATION_OPTIONS = 60,
}
