// What can be read of the machine's own addresses: the words of `address(row)`, and their values.

/** How far an address may be used. */
export enum AddressState {
  /** The row is empty. */
  FREE = 0,
  /** Others are being asked whether they have it (RFC 4862 §5.4, RFC 5227): no use yet. */
  TENTATIVE = 1,
  PREFERRED = 2,
  /** Good for what uses it already; nothing new begins with it. */
  DEPRECATED = 3,
  /** Somebody else has it: not used. */
  DUPLICATE = 4,
}

/** Where an address comes from. */
export enum AddressOrigin {
  MANUAL = 0,
  /** Made by the machine for its link (RFC 4862 §5.3, RFC 3927). */
  LINK_LOCAL = 1,
  /** Made from a router's prefix, the same whenever the machine is here (RFC 7217). */
  STABLE = 2,
  /** Made from a router's prefix for a day (RFC 8981). */
  TEMPORARY = 3,
  /** Lent by a DHCP server (RFC 2131). */
  LEASE = 4,
}

/** Bits that `configure(adapter, bits)` takes: what an adapter does by itself. */
export const enum Autoconfig {
  /** An IPv6 address for the link, which everything else needs. */
  LINK_LOCAL = 1,
  /** Addresses, routes and servers from what IPv6 routers advertise (RFC 4862). */
  ROUTERS = 2,
  /** Temporary addresses beside the stable ones (RFC 8981), preferred for what the machine begins. */
  TEMPORARY = 4,
  /** An IPv4 address from 169.254.0.0/16 (RFC 3927); together with DHCP only while no server answers. */
  IPV4_LINK_LOCAL = 8,
  /** An IPv4 address, routes and servers from a DHCP server (RFC 2131). Not in every profile. */
  DHCP = 16,
  /** That address is used without asking others whether they have it (RFC 5227). */
  DHCP_UNCHECKED = 32,
}

/** Bits of `news()`: what has changed in the machine since it was last asked. */
export const enum News {
  /** An address became usable, or is no longer. */
  ADDRESSES = 1,
  /** Somebody else has an address of ours. */
  CONFLICT = 2,
  /** A router, a route or a name server came or went. */
  ROUTERS = 4,
  /** A look-up of a name has ended. */
  LOOKUPS = 8,
}

/** Where a route comes from. */
export enum RouteOrigin {
  MANUAL = 0,
  /** A router has advertised it (RFC 4861 §6.3.4, RFC 4191). */
  ROUTER = 1,
  /** A router has said that another is nearer (RFC 4861 §8). */
  REDIRECT = 2,
  /** A DHCP server has told of it (RFC 2132 §3.5, RFC 3442). */
  LEASE = 3,
}
