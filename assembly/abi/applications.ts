// The applications that a module may have inside it, and whose sockets are whose.

/** The id of each application. A profile says which of them are there. */
export enum Application {
  /** The one that whoever builds the module has written (application/own.ts). */
  OWN = 1,
  WEB_SERVER = 2,
  BROWSER = 3,
  /** Asks DHCP servers for addresses (names/dhcp-client.ts). */
  DHCP_CLIENT = 16,
  /** Asks name servers (names/resolver.ts). */
  RESOLVER = 17,
  /** Lends addresses (names/dhcp-server.ts). */
  DHCP_SERVER = 18,
  /** Answers for names (names/dns-server.ts). */
  NAME_SERVER = 19,
}

/** Owners of sockets, as `Status.OWNER` has them. Any other number is one that the host has chosen. */
export enum Owner {
  /** The host, where it does not say more; and nobody, where nobody holds the socket. */
  HOST = 0,
  /** From here on 256 numbers belong to the applications: this one and an `Application` are its sockets' owner. */
  FIRST_APPLICATION = 0x1000000,
}
