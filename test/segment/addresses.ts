// Where the two machines of a script are: one Ethernet between them, and a network in either version of IP. Scripts name
// addresses by what they are there, or write them out.

import { isIP } from "node:net";
import { type Cidr, formatAddress, parseAddress, parseCidr } from "../../host/core/address.ts";
import { concat, equalBytes } from "./frames/bytes.ts";
import { groupMac, isGroup, isV6, solicitedNode } from "./frames/ip.ts";

export type Version = 4 | 6;

export const OUR_MAC = Uint8Array.of(0x02, 0, 0, 0, 0, 0x01);
export const PEER_MAC = Uint8Array.of(0x02, 0, 0, 0, 0, 0x02);
export const BROADCAST_MAC = new Uint8Array(6).fill(0xff);

/** The IPv4 network, which most scripts are played in. */
export const OUR_IP = Uint8Array.of(10, 0, 0, 1);
export const PEER_IP = Uint8Array.of(10, 0, 0, 2);
export const PREFIX_LENGTH = 24;

/** Two machines in one network, in one version of IP: addresses of 4 or of 16 bytes. */
export interface Network {
  version: Version;
  ours: Uint8Array;
  /** Our address for the link, where the version wants one. */
  local?: Uint8Array;
  peer: Uint8Array;
  prefixLength: number;
  /** Further addresses of ours. */
  further?: readonly Cidr[];
  /** By the names that scripts use. */
  names: ReadonlyMap<string, Uint8Array>;
  /** What the machine has made itself, by the name that scripts have for it; undefined while there is none such. */
  made?: (name: string) => Uint8Array | undefined;
}

function v6(text: string): Uint8Array {
  return parseAddress(text);
}

const IPV4: Network = {
  version: 4,
  ours: OUR_IP,
  peer: PEER_IP,
  prefixLength: PREFIX_LENGTH,
  names: new Map([
    ["us", OUR_IP],
    ["peer", PEER_IP],
    ["any", Uint8Array.of(0, 0, 0, 0)],
    ["loopback", Uint8Array.of(127, 0, 0, 1)],
    ["broadcast", Uint8Array.of(10, 0, 0, 255)],
    ["all-nodes", Uint8Array.of(224, 0, 0, 1)],
    ["all-routers", Uint8Array.of(224, 0, 0, 2)],
    ["report-routers", Uint8Array.of(224, 0, 0, 22)],
  ]),
};

const [OURS_6, PEER_6] = [v6("2001:db8::1"), v6("2001:db8::2")];
// Link-local addresses are made of the Ethernet addresses (RFC 2464 §4).
const [OUR_LINK_LOCAL, PEER_LINK_LOCAL] = [v6("fe80::ff:fe00:1"), v6("fe80::ff:fe00:2")];

const IPV6: Network = {
  version: 6,
  ours: OURS_6,
  local: OUR_LINK_LOCAL,
  peer: PEER_6,
  prefixLength: 64,
  names: new Map([
    ["us", OURS_6],
    ["peer", PEER_6],
    ["us-local", OUR_LINK_LOCAL],
    ["peer-local", PEER_LINK_LOCAL],
    ["any", v6("::")],
    ["loopback", v6("::1")],
    ["all-nodes", v6("ff02::1")],
    ["all-routers", v6("ff02::2")],
    ["report-routers", v6("ff02::16")],
    ["solicited-us", solicitedNode(OURS_6)],
    ["solicited-us-local", solicitedNode(OUR_LINK_LOCAL)],
    ["solicited-peer", solicitedNode(PEER_6)],
    ["solicited-peer-local", solicitedNode(PEER_LINK_LOCAL)],
  ]),
};

export const NETWORKS: Readonly<Record<Version, Network>> = { 4: IPV4, 6: IPV6 };

/**
 * What a machine makes itself: an address for its link, of either version, and those from the prefixes of routers, from
 * any or from the one named behind @.
 */
const MADE = /^(made-local|stable|temporary|made-v4)(@[0-9a-f:]+)?$/;
/** The group in which an address is asked for, of any that has a name or is written out. */
const SOLICITED = /^solicited-(.+)$/;

/** The network of this version in which the peer has another address and we have more. */
export function networkWith(version: Version, peer: string | undefined, further: readonly string[]): Network {
  const network = NETWORKS[version];
  const address = peer === undefined ? network.peer : (literal(peer) ?? network.peer);
  const names = new Map([...network.names, ["peer", address]] as const);
  if (version === 6) names.set("solicited-peer", solicitedNode(address));
  return { ...network, peer: address, names, further: further.map((text) => parseCidr(text)) };
}

/** True of what a script may write where an address stands. */
export function isAddress(text: string): boolean {
  const [, asked] = SOLICITED.exec(text) ?? [];
  if (asked !== undefined) return isAddress(asked);
  return IPV4.names.has(text) || IPV6.names.has(text) || MADE.test(text) || literal(text) !== undefined;
}

/** The address of this version that a script means; undefined when the network has none of that name. */
export function addressIn(network: Network, text: string): Uint8Array | undefined {
  const [, asked] = SOLICITED.exec(text) ?? [];
  const one = asked !== undefined && !network.names.has(text) ? addressIn(network, asked) : undefined;
  const found = one ? solicitedNode(one) : (network.made?.(text) ?? network.names.get(text) ?? literal(text));
  return found !== undefined && isV6(found) === (network.version === 6) ? found : undefined;
}

/** As scripts would write it: its name, or the address itself. */
export function nameIn({ names }: Network, address: Uint8Array): string {
  const name = [...names].find(([, named]) => equalBytes(named, address))?.[0];
  return name ?? formatAddress(isV6(address) ? address : mapped(address));
}

/** The Ethernet address that a packet of the peer to `address` goes to. */
export function macFor({ names }: Network, address: Uint8Array): Uint8Array {
  if (isGroup(address)) return groupMac(address);
  const isBroadcast = [names.get("broadcast"), BROADCAST_MAC.slice(0, 4)].some(
    (each) => each && equalBytes(each, address),
  );
  return isBroadcast ? BROADCAST_MAC : OUR_MAC;
}

function literal(text: string): Uint8Array | undefined {
  const version = isIP(text);
  if (version === 0) return undefined;
  return version === 4 ? parseAddress(text).slice(12) : parseAddress(text);
}

function mapped(v4: Uint8Array): Uint8Array {
  return concat([new Uint8Array(10), Uint8Array.of(0xff, 0xff), v4]);
}
