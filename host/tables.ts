// The machine's tables as a host reads them: neighbors, adapters, routes, addresses, groups, name servers.

import { AddressOrigin, AddressState, RouteOrigin } from "../assembly/abi/addresses.ts";
import { LeaseState, LeaseWord } from "../assembly/abi/names.ts";
import { formatMac } from "./core/address.ts";
import type { Core } from "./core/core.ts";
import { rows } from "./status.ts";

export interface NeighborStatus {
  address: string;
  mac: string;
  state: "INCOMPLETE" | "REACHABLE" | "STALE" | "DELAY" | "PROBE";
  adapter: number;
}

export interface RouteStatus {
  /** Such as "10.0.0.0/24". */
  destination: string;
  /** null: on the link. */
  gateway: string | null;
  adapter: number;
  /** Who set it. */
  origin: keyof typeof RouteOrigin;
  /** Seconds until it is forgotten; null: never. */
  seconds: number | null;
  /** The lower, the better, among those that people have set for one destination. */
  metric: number;
}

export interface AdapterStatus {
  index: number;
  kind: "mac" | "vlan" | "loopback";
  mac: string;
  /** True while its wire has somebody at the other end. */
  up: boolean;
  /** Bytes of the largest IP packet that it carries whole. */
  mtu: number;
  /** Of a virtual LAN: its number, and the adapter whose wire it shares. */
  vlan: number | null;
  parent: number | null;
}

export interface AddressStatus {
  address: string;
  prefixLength: number;
  adapter: number;
  /** TENTATIVE while others are asked whether they have it, DUPLICATE when one has. */
  state: keyof typeof AddressState;
  origin: keyof typeof AddressOrigin;
  /** Seconds that it is used for new connections, and that it stays; null: for ever. */
  preferredSeconds: number | null;
  validSeconds: number | null;
}

/** A group that an adapter is in. */
export interface GroupStatus {
  group: string;
  /** The one source that is wanted; null: all of them. */
  source: string | null;
  adapter: number;
  /** Sockets, and parts of the stack, that want it. */
  users: number;
}

export interface NameServerStatus {
  address: string;
  /** null: of a server that people have named. */
  adapter: number | null;
  seconds: number | null;
  /** Who has told of it. */
  origin: "ROUTER" | "LEASE" | "MANUAL";
}

/** What an adapter has from a DHCP server. */
export interface LeaseStatus {
  adapter: number;
  state: keyof typeof LeaseState;
  /** Such as "10.0.0.50/24"; null while there is none. */
  address: string | null;
  server: string | null;
  router: string | null;
  timeServer: string | null;
  /** Where names without a dot are looked for; null when the server has named none. */
  domain: string | null;
  /** Seconds until it is to be prolonged by its server, by any server, and over; null: never. */
  renewSeconds: number | null;
  rebindSeconds: number | null;
  seconds: number | null;
}

const ADAPTER_KINDS = ["mac", "vlan", "loopback"] as const;
const NEIGHBOR_STATES = ["INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE"] as const;
const SERVER_ORIGINS = ["ROUTER", "LEASE", "MANUAL"] as const;
const MANUAL_SERVER = 2;
const FOREVER = 0xffffffff;

export function neighborStatuses(core: Core): NeighborStatus[] {
  return rows(core.exports.neighbor, () => ({
    address: core.addressAt(core.statusWord),
    mac: macAt(core, 4, 5),
    state: NEIGHBOR_STATES[core.status(6)] ?? "INCOMPLETE",
    adapter: core.status(7),
  }));
}

export function routeStatuses(core: Core): RouteStatus[] {
  return rows(core.exports.route, () => {
    const onLink = [5, 6, 7, 8].every((word) => core.status(word) === 0);
    return {
      destination: `${core.addressAt(core.statusWord)}/${core.status(4)}`,
      gateway: onLink ? null : core.addressAt(core.statusWord + 5),
      adapter: core.status(9),
      origin: RouteOrigin[core.status(10)] as keyof typeof RouteOrigin,
      seconds: secondsAt(core, 11),
      metric: core.status(12),
    };
  });
}

/** The adapters: the MACs first, then the virtual LANs upon them, then the loopback. */
export function adapterStatuses(core: Core): AdapterStatus[] {
  return rows(core.exports.adapter, (index) => {
    const kind = ADAPTER_KINDS[core.status(0)] ?? "mac";
    return {
      index,
      kind,
      mac: macAt(core, 5, 6),
      up: core.status(1) === 1,
      mtu: core.status(2),
      vlan: kind === "vlan" ? core.status(4) : null,
      parent: kind === "vlan" ? core.status(3) : null,
    };
  });
}

export function addressStatuses(core: Core): AddressStatus[] {
  return rows(core.exports.address, () => ({
    address: core.addressAt(core.statusWord),
    prefixLength: core.status(4),
    adapter: core.status(5),
    state: AddressState[core.status(6)] as keyof typeof AddressState,
    origin: AddressOrigin[core.status(7)] as keyof typeof AddressOrigin,
    preferredSeconds: secondsAt(core, 8),
    validSeconds: secondsAt(core, 9),
  }));
}

export function groupStatuses(core: Core): GroupStatus[] {
  return rows(core.exports.group, () => ({
    group: core.addressAt(core.statusWord),
    source: [4, 5, 6, 7].every((word) => core.status(word) === 0) ? null : core.addressAt(core.statusWord + 4),
    adapter: core.status(8),
    users: core.status(9),
  }));
}

export function nameServerStatuses(core: Core): NameServerStatus[] {
  return rows(core.exports.nameServer, () => ({
    address: core.addressAt(core.statusWord),
    adapter: core.status(6) === MANUAL_SERVER ? null : core.status(4),
    seconds: secondsAt(core, 5),
    origin: SERVER_ORIGINS[core.status(6)] ?? "ROUTER",
  }));
}

export function leaseStatuses(core: Core): LeaseStatus[] {
  return rows(core.exports.lease, () => {
    const address = v4At(core, LeaseWord.ADDRESS);
    const [domain, bytes] = [core.status(LeaseWord.DOMAIN), core.status(LeaseWord.DOMAIN_BYTES)];
    return {
      adapter: core.status(LeaseWord.ADAPTER),
      state: LeaseState[core.status(LeaseWord.STATE)] as keyof typeof LeaseState,
      address: address && `${address}/${core.status(LeaseWord.PREFIX_LENGTH)}`,
      server: v4At(core, LeaseWord.SERVER),
      router: v4At(core, LeaseWord.ROUTER),
      timeServer: v4At(core, LeaseWord.TIME_SERVER),
      domain: bytes === 0 ? null : nameText(core.u8.subarray(domain, domain + bytes)),
      renewSeconds: secondsAt(core, LeaseWord.RENEW_IN),
      rebindSeconds: secondsAt(core, LeaseWord.REBIND_IN),
      seconds: secondsAt(core, LeaseWord.SECONDS),
    };
  });
}

// An IPv4 address that crosses as one word, in memory order.
function v4At(core: Core, word: LeaseWord): string | null {
  const bits = core.status(word);
  return bits === 0 ? null : [0, 8, 16, 24].map((shift) => (bits >>> shift) & 0xff).join(".");
}

/** A name from the wire as text; what could be mistaken for something else is written as its number (RFC 1035 §5.1). */
export function nameText(bytes: Uint8Array): string {
  const isPlain = (byte: number): boolean => byte > 0x20 && byte < 0x7f && byte !== 0x5c;
  return Array.from(bytes, (byte) =>
    isPlain(byte) ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, "0")}`,
  ).join("");
}

function secondsAt(core: Core, word: number): number | null {
  const seconds = core.status(word);
  return seconds === FOREVER ? null : seconds;
}

function macAt(core: Core, high: number, low: number): string {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, core.status(high));
  view.setUint32(4, core.status(low));
  return formatMac(bytes, 2);
}
