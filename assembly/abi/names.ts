// What a host may ask about names and leases, and the numbers that it gets as answers.

/** How far an adapter's lease has come (RFC 2131 §4.4, figure 5). */
export enum LeaseState {
  /** The adapter asks for no lease. */
  OFF = 0,
  INIT = 1,
  SELECTING = 2,
  REQUESTING = 3,
  BOUND = 4,
  RENEWING = 5,
  REBINDING = 6,
  /** The link was away: the server is asked whether the lease is still good here. */
  REBOOTING = 7,
}

/** Words of the block at `STATUS` after `lease(row)`; addresses are IPv4's, four bytes in network order, 0 for none. */
export const enum LeaseWord {
  ADAPTER = 0,
  STATE = 1,
  ADDRESS = 2,
  PREFIX_LENGTH = 3,
  SERVER = 4,
  ROUTER = 5,
  TIME_SERVER = 6,
  /** Seconds until it is renewed, asked of any server, and over; 0xffffffff: never. */
  RENEW_IN = 7,
  REBIND_IN = 8,
  SECONDS = 9,
  /** Where the domain lies in linear memory, as text, and its bytes. */
  DOMAIN = 10,
  DOMAIN_BYTES = 11,
}

/** How a look-up stands. */
export enum Lookup {
  /** Servers are being asked. */
  PENDING = 0,
  /** There are answers. */
  FOUND = 1,
  /** There is no such name (RFC 1035 §4.1.1, name error). */
  NO_NAME = 2,
  /** The name is there, and has nothing of that type (RFC 2308 §2.2). */
  NO_DATA = 3,
  /** No server has answered. */
  TIMED_OUT = 4,
  /** Every server has said that it cannot, or will not, or what it said could not be used. */
  FAILED = 5,
  /** Nobody is known who could be asked. */
  NO_SERVER = 6,
}

/** Words of the block at `RESULT` after `lookupStatus`. */
export const enum LookupWord {
  /** Addresses that were found, and where they lie in linear memory, 16 bytes each. */
  COUNT = 0,
  ADDRESSES = 1,
  /** Seconds that they may be kept. */
  SECONDS = 2,
  /** The answer as it came, where it lies and its bytes: for types other than addresses. 0 bytes: it came from the cache. */
  MESSAGE = 3,
  MESSAGE_BYTES = 4,
}

/** What `setName` sets. */
export const enum OwnName {
  /** The machine's name: one label. */
  HOST = 0,
  /** The domain in which it looks for names. */
  DOMAIN = 1,
}

/** Words of the plan that `serveLeases` takes; addresses are IPv4's, as numbers. */
export const enum PoolWord {
  ADAPTER = 0,
  /** First and last address that may be lent; both 0: nothing more is. */
  FIRST = 1,
  LAST = 2,
  PREFIX_LENGTH = 3,
  LEASE_SECONDS = 4,
  /** What clients are told; 0: nothing. */
  ROUTER = 5,
  NAME_SERVER = 6,
}
