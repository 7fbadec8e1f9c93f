// What a machine is plugged into: wires with the addresses it has there, checked and then put on its bus; and how that
// changes while the machine runs.

import { Autoconfig } from "../assembly/abi/addresses.ts";
import { type Cidr, isV4, parseAddress, parseCidr, parseMac } from "./core/address.ts";
import { InputError, stackError } from "./errors.ts";
import type { Machine } from "./machine.ts";
import type { Wire } from "./wire/wire.ts";

/** A way to a network. */
export interface RouteOptions {
  /** Such as "10.9.0.0/16". */
  to: string;
  /** The router; none: the network's machines are on the adapter's own wire. */
  via?: string;
  /** Of several routes to one network that with the lowest is used; default 0. */
  metric?: number;
}

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
  /**
   * True: an IPv4 address, routes and name servers from a DHCP server. With "ipv4-link-local" in `autoconfigure` the
   * adapter has an address for its link while no server answers. The address is claimed unless `claim` is false.
   */
  dhcp?: boolean;
  /** Ethernet address; default 02:00 and the last four bytes of the first IP address. */
  mac?: string;
  /** Router for everything that is on no adapter's own network; one of each version at most. */
  gateway?: string | string[];
  /**
   * Number of a virtual LAN on the wire, 1 to 4094: its frames are tagged (IEEE 802.1Q). Entries that name the same wire
   * share it, and the Ethernet address of the first of them.
   */
  vlan?: number;
  /** Bytes of the largest IP packet that the wire carries; default the profile's MTU, or the wire's when it has less. */
  mtu?: number;
  /** Further routes through this adapter. */
  routes?: RouteOptions[];
}

interface RoutePlan {
  to: Cidr;
  via: Uint8Array;
  metric: number;
}

/** The same, checked and in bytes. */
export interface AdapterPlan {
  wire: Wire;
  addresses: Cidr[];
  mac: Uint8Array;
  vlan: number | null;
  mtu: number | null;
  routes: RoutePlan[];
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

const LAST_VLAN = 4094;
const WORST_METRIC = 255;

/** Throws InputError ERR_ADDRESS, ERR_MAC, ERR_AUTOCONFIGURE or ERR_OUT_OF_RANGE. */
export function planAdapter(options: WireOptions): AdapterPlan {
  const addresses = several(options.address).map(parseCidr);
  const defaults = several(options.gateway).map((via) => planRoute({ to: everywhere(via), via }));
  const vlan = options.vlan ?? null;
  if (vlan !== null && !(Number.isInteger(vlan) && vlan >= 1 && vlan <= LAST_VLAN)) {
    throw new InputError("ERR_OUT_OF_RANGE", `A virtual LAN has a number from 1 to ${LAST_VLAN}, not ${vlan}.`);
  }
  return {
    wire: options.wire,
    addresses,
    mac: stationAddress(options.mac, addresses[0]),
    vlan,
    mtu: options.mtu ?? null,
    routes: [...defaults, ...(options.routes ?? []).map(planRoute)],
    claim: options.claim ?? null,
    autoconfig: autoconfigBits(options.autoconfigure ?? false) | dhcpBits(options),
  };
}

function several(given: string | string[] | undefined): string[] {
  return given === undefined ? [] : [given].flat();
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

function dhcpBits({ dhcp = false, claim }: WireOptions): number {
  if (!dhcp) return 0;
  return claim === false ? Autoconfig.DHCP | Autoconfig.DHCP_UNCHECKED : Autoconfig.DHCP;
}

function everywhere(gateway: string): string {
  return isV4(parseAddress(gateway)) ? "0.0.0.0/0" : "::/0";
}

function planRoute({ to, via, metric = 0 }: RouteOptions): RoutePlan {
  const cidr = parseCidr(to);
  if (!(Number.isInteger(metric) && metric >= 0 && metric <= WORST_METRIC)) {
    throw new InputError(
      "ERR_OUT_OF_RANGE",
      `The metric of a route is a whole number from 0 to ${WORST_METRIC}, not ${metric}.`,
    );
  }
  const nobody = parseAddress(isV4(cidr.address) ? "0.0.0.0" : "::");
  return { to: cidr, via: via === undefined ? nobody : parseAddress(via), metric };
}

// Unique where the IP address is, and easy to recognize in a capture.
function stationAddress(mac: string | undefined, first: Cidr | undefined): Uint8Array {
  if (mac !== undefined) return parseMac(mac);
  const tail = first?.address.subarray(12) ?? crypto.getRandomValues(new Uint8Array(4));
  return Uint8Array.from([0x02, 0x00, ...tail]);
}

/** Puts a MAC on the machine's bus and tells the core its addresses and routes. Its index. Throws StackError. */
export function plugIn(machine: Machine, plan: AdapterPlan): number {
  const index = openAdapter(machine, plan);
  const { core } = machine;
  const mtu = plan.mtu ?? Math.min(plan.wire.mtu ?? Number.POSITIVE_INFINITY, core.constants.MTU as number);
  if (plan.mtu !== null || mtu < (core.constants.MTU as number)) checked(core.exports.setMtu(index, mtu), "setMtu");
  for (const address of plan.addresses) addAddress(machine, index, address, plan.claim);
  checked(core.exports.configure(index, plan.autoconfig), "configure");
  for (const route of plan.routes) addRoute(machine, index, route);
  return index;
}

// The wire's own adapter, or the virtual LAN upon it; a wire that is new to the machine gets a MAC.
function openAdapter(machine: Machine, { wire, mac, vlan }: AdapterPlan): number {
  const known = machine.wires.indexOf(wire);
  if (known >= 0 && vlan === null) {
    throw new InputError("ERR_WIRE", `The wire ${wire.name} has an adapter already; another one on it needs a vlan.`);
  }
  const index = known >= 0 ? known : machine.addAdapter(wire, mac);
  return vlan === null ? index : checked(machine.core.exports.addVlan(index, vlan), "addVlan");
}

function addAddress({ core }: Machine, index: number, { address, prefixLength }: Cidr, claim: boolean | null): void {
  const claimed = claim ?? !isV4(address);
  checked(core.exports.addAddress(index, core.putAddress(address), prefixLength, claimed ? 1 : 0), "addAddress");
}

function addRoute({ core }: Machine, index: number, { to, via, metric }: RoutePlan): void {
  const [prefix, gateway] = [core.putAddress(to.address), core.putAddress(via, 1)];
  checked(core.exports.addRoute(prefix, to.prefixLength, gateway, index, metric), "addRoute");
}

function checked(answer: number, call: string): number {
  if (answer < 0) throw stackError(answer, call);
  return answer;
}

/** The network of a running machine, adapter by adapter; `Stack.network`. Methods throw StackError or InputError. */
export class Network {
  #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Gives an adapter an address, such as "10.0.0.2/24". `claim` as in `WireOptions`. */
  addAddress(adapter: number, address: string, claim?: boolean): void {
    addAddress(this.#machine, adapter, parseCidr(address), claim ?? null);
    this.#machine.runner.wake();
  }

  /** Takes an address, such as "10.0.0.2", away. Its connections end with EADDRNOTAVAIL, and their peers get a RST. */
  removeAddress(adapter: number, address: string): void {
    const { core, runner } = this.#machine;
    checked(core.exports.removeAddress(adapter, core.putAddress(parseAddress(address))), "removeAddress");
    runner.wake();
  }

  /** Adds a route through an adapter, or changes the router of one with the same destination and metric. */
  addRoute(adapter: number, route: RouteOptions): void {
    addRoute(this.#machine, adapter, planRoute(route));
    this.#machine.runner.wake();
  }

  /** Removes the routes through an adapter to a network, such as "0.0.0.0/0". */
  removeRoute(adapter: number, to: string): void {
    const { core, runner } = this.#machine;
    const { address, prefixLength } = parseCidr(to);
    checked(core.exports.removeRoute(core.putAddress(address), prefixLength, adapter), "removeRoute");
    runner.wake();
  }

  /** Sets the largest IP packet that an adapter's wire carries, 576 bytes to the profile's MTU. Connections follow. */
  setMtu(adapter: number, bytes: number): void {
    checked(this.#machine.core.exports.setMtu(adapter, bytes), "setMtu");
    this.#machine.runner.wake();
  }

  /** Makes the machine a router between its adapters, or a host again. */
  setForwarding(on: boolean): void {
    checked(this.#machine.core.exports.setForwarding(on ? 1 : 0), "setForwarding");
  }
}
