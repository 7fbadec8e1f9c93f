// What a machine is plugged into: wires with the addresses it has there, checked and then put on its bus.

import { Autoconfig } from "../assembly/abi/addresses.ts";
import { type Cidr, isV4, parseAddress, parseCidr, parseMac } from "./core/address.ts";
import type { Core } from "./core/core.ts";
import { InputError, stackError } from "./errors.ts";
import type { Machine } from "./machine.ts";
import type { Wire } from "./wire/wire.ts";

/** One adapter: what it is plugged into, and who it is there. */
export interface WireOptions {
  wire: Wire;
  /** Such as "10.0.0.2/24" or "2001:db8::2/64"; several when the adapter has several. None: it only listens. */
  address?: string | string[];
  /**
   * Whether others are asked first if they have an address. Default: for IPv6, which wants it, and not for IPv4, where it
   * takes several seconds; `Stack.ready()` waits for it.
   */
  claim?: boolean;
  /** What the adapter does by itself; true: IPv6 addresses, routes and name servers from routers. */
  autoconfigure?: boolean | AutoconfigName[];
  /** Ethernet address; default 02:00 and the last four bytes of the first IP address. */
  mac?: string;
  /** Router for everything that is on no adapter's own network; one of each version at most. */
  gateway?: string | string[];
}

/** The same, checked and in bytes. */
export interface AdapterPlan {
  wire: Wire;
  addresses: Cidr[];
  mac: Uint8Array;
  gateways: Uint8Array[];
  claim: boolean | null;
  /** Bits of Autoconfig. */
  autoconfig: number;
}

/** Parts of `autoconfigure`: an address for the link, what routers advertise, addresses that change every day (RFC
 * 8981), and an IPv4 address without a server (RFC 3927). */
export type AutoconfigName = "link-local" | "routers" | "temporary" | "ipv4-link-local";

const AUTOCONFIG_BITS: Record<AutoconfigName, number> = {
  "link-local": Autoconfig.LINK_LOCAL,
  routers: Autoconfig.LINK_LOCAL | Autoconfig.ROUTERS,
  temporary: Autoconfig.LINK_LOCAL | Autoconfig.ROUTERS | Autoconfig.TEMPORARY,
  "ipv4-link-local": Autoconfig.IPV4_LINK_LOCAL,
};

/** Throws InputError ERR_ADDRESS or ERR_MAC. */
export function planAdapter(options: WireOptions): AdapterPlan {
  const texts = options.address === undefined ? [] : [options.address].flat();
  const addresses = texts.map(parseCidr);
  return {
    wire: options.wire,
    addresses,
    mac: stationAddress(options.mac, addresses[0]),
    gateways: options.gateway === undefined ? [] : [options.gateway].flat().map(parseAddress),
    claim: options.claim ?? null,
    autoconfig: autoconfigBits(options.autoconfigure ?? false),
  };
}

function autoconfigBits(wanted: boolean | AutoconfigName[]): number {
  if (typeof wanted === "boolean") return wanted ? AUTOCONFIG_BITS.routers : 0;
  return wanted.reduce((bits, name) => {
    const more = AUTOCONFIG_BITS[name];
    if (more !== undefined) return bits | more;
    const names = Object.keys(AUTOCONFIG_BITS).join(", ");
    throw new InputError("ERR_AUTOCONFIGURE", `"${name}" is nothing an adapter does by itself; choose from ${names}.`);
  }, 0);
}

// Unique where the IP address is, and easy to recognize in a capture.
function stationAddress(mac: string | undefined, first: Cidr | undefined): Uint8Array {
  if (mac !== undefined) return parseMac(mac);
  const tail = first?.address.subarray(12) ?? crypto.getRandomValues(new Uint8Array(4));
  return Uint8Array.from([0x02, 0x00, ...tail]);
}

/** Puts a MAC on the machine's bus and tells the core its addresses and routes. Throws StackError. */
export function plugIn(machine: Machine, adapter: AdapterPlan): void {
  const { core } = machine;
  const index = machine.addAdapter(adapter.wire, adapter.mac);
  for (const { address, prefixLength } of adapter.addresses) {
    const claimed = adapter.claim ?? !isV4(address);
    const answer = core.exports.addAddress(index, core.putAddress(address), prefixLength, claimed ? 1 : 0);
    if (answer < 0) throw stackError(answer, "addAddress");
  }
  const answer = core.exports.configure(index, adapter.autoconfig);
  if (answer < 0) throw stackError(answer, "configure");
  for (const gateway of adapter.gateways) addDefaultRoute(core, index, gateway);
}

function addDefaultRoute(core: Core, adapter: number, gateway: Uint8Array): void {
  const everywhere = parseAddress(isV4(gateway) ? "0.0.0.0" : "::");
  const answer = core.exports.addRoute(core.putAddress(everywhere), 0, core.putAddress(gateway, 1), adapter);
  if (answer < 0) throw stackError(answer, "addRoute");
}
