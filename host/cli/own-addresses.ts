// Which addresses a command's stack has, and which the machine at the other end of a simulated cable: worked out from the
// options, before anything is opened.

import { type Cidr, formatAddress, isLinkLocal, isV4, parseAddress, parseCidr } from "../core/address.ts";
import { createStack } from "../stack.ts";
import { createCable } from "../wire/cable.ts";
import { PASST_ADDRESS, PASST_GATEWAY, PASST_PREFIX_LENGTH } from "../wire/passt.ts";
import { UsageError } from "./errors.ts";
import { addressArgument, type StackOptions } from "./options.ts";

/** What the machine on a simulated cable is called where nobody says otherwise; the second only where there is IPv6. */
const SIM_ADDRESSES = ["10.0.0.1/24", "2001:db8::1/64"];
/** Every adapter with IPv6 is in this network. */
const LINK_LOCAL = parseCidr("fe80::/64");

export interface OwnAddresses {
  /** As they were given, or as is usual on a simulated cable. */
  own: Cidr[];
  gateways: string[];
}

/** Throws UsageError or InputError when the options make no sense together. */
export async function ownAddresses(kind: string, options: StackOptions): Promise<OwnAddresses> {
  const own = (await addressTexts(kind, options)).map(cidrArgument);
  const usual = kind === "passt" && options.address === undefined ? [PASST_GATEWAY] : [];
  const gateways = (options.gateway ?? usual).map((text) => addressArgument("--gateway", text));
  for (const gateway of gateways) checkGateway(gateway, own, options);
  const versions = gateways.map((gateway) => isV4(parseAddress(gateway)));
  if (new Set(versions).size < versions.length) throw new UsageError("Give one --gateway of each version at most.");
  return { own, gateways };
}

async function addressTexts(kind: string, options: StackOptions): Promise<string[]> {
  if (options.address !== undefined) return options.address;
  if (options.dhcp) return [];
  if (kind === "sim") return (await speaksIpv6(options.profile)) ? SIM_ADDRESSES : SIM_ADDRESSES.slice(0, 1);
  if (kind === "passt") return [`${PASST_ADDRESS}/${PASST_PREFIX_LENGTH}`];
  if (options.autoconfigure === undefined) {
    throw new UsageError(
      "Give the stack an address that is free on that network, as in --address 10.0.0.2/24, or --dhcp, or --autoconfigure.",
    );
  }
  return [];
}

/** Whether a profile has IPv6: a machine that is plugged into nothing says so. */
export async function speaksIpv6(profile: string): Promise<boolean> {
  const stack = await createStack({ wires: [{ wire: createCable().left }], profile, recording: null });
  const { IPV6 } = stack.core.constants;
  await stack.close();
  return IPV6 === 1;
}

function cidrArgument(text: string): Cidr {
  const [address = "", ...length] = text.split("/");
  return parseCidr([addressArgument("--address", address), ...length].join("/"));
}

function checkGateway(text: string, own: readonly Cidr[], { autoconfigure, dhcp }: StackOptions): void {
  const gateway = parseAddress(text);
  const isReachable = isLinkLocal(gateway) || own.some((cidr) => isNeighbor(gateway, cidr));
  if (isReachable && (autoconfigure || dhcp || own.some(({ address }) => isV4(address) === isV4(gateway)))) return;
  throw new UsageError(`--gateway ${text} is not on the stack's own network, so the stack could not reach it.`);
}

/**
 * The addresses of the machine at the other end of a simulated cable: in each network of the stack the one that is asked
 * for, or just a neighbor's. Throws UsageError when what is asked for is in none of them.
 */
export function farAddresses(own: readonly Cidr[], wanted: string | undefined): string[] {
  const asked = wanted === undefined ? null : parseAddress(wanted);
  const hasV6 = own.some(({ address }) => !isV4(address));
  const networks = hasV6 && asked && isNeighbor(asked, LINK_LOCAL) ? [...own, LINK_LOCAL] : own;
  if (asked && !networks.some((cidr) => isNeighbor(asked, cidr))) {
    throw new UsageError(
      `On a simulated cable there are only neighbors, and ${wanted} is none of ${own.map(cidrText).join(" or ")}.`,
    );
  }
  return networks.map((cidr) => {
    const address = asked && isNeighbor(asked, cidr) ? asked : neighborOf(cidr);
    return cidrText({ address, prefixLength: cidr.prefixLength });
  });
}

export function cidrText({ address, prefixLength }: Cidr): string {
  return `${formatAddress(address)}/${prefixLength}`;
}

/** True of another address in the same network. */
export function isNeighbor(address: Uint8Array, cidr: Cidr): boolean {
  const bits = (isV4(cidr.address) ? 96 : 0) + cidr.prefixLength;
  const same = (bit: number): boolean => bitOf(address, bit) === bitOf(cidr.address, bit);
  const isSelf = address.every((byte, i) => byte === cidr.address[i]);
  return !isSelf && isV4(address) === isV4(cidr.address) && Array.from({ length: bits }, (_, bit) => bit).every(same);
}

function bitOf(bytes: Uint8Array, bit: number): number {
  return ((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
}

// The same address with its last two bits exchanged: .1 and .2 are each other's neighbors.
function neighborOf({ address }: Cidr): Uint8Array {
  const neighbor = address.slice();
  neighbor[15] = (neighbor[15] ?? 0) ^ 3;
  return neighbor;
}
