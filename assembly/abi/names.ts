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
