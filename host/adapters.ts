// What a machine is plugged into: wires with the addresses it has there, checked and then put on its bus.

import { type Cidr, isV4, parseAddress, parseCidr, parseMac } from "./core/address.ts";
import { stackError } from "./errors.ts";
import type { Machine } from "./machine.ts";
import type { Wire } from "./wire/wire.ts";

/** One adapter: what it is plugged into, and who it is there. */
export interface WireOptions {
  wire: Wire;
  /** Such as "10.0.0.2/24"; several when the adapter has several. None: it only listens. */
  address?: string | string[];
  /** Ethernet address; default 02:00 and the last four bytes of the first IP address. */
  mac?: string;
  /** Router for everything that is on no adapter's own network. */
  gateway?: string;
}

/** The same, checked and in bytes. */
export interface AdapterPlan {
  wire: Wire;
  addresses: Cidr[];
  mac: Uint8Array;
  gateway: Uint8Array | null;
}

/** Throws InputError ERR_ADDRESS or ERR_MAC. */
export function planAdapter(options: WireOptions): AdapterPlan {
  const texts = options.address === undefined ? [] : [options.address].flat();
  const addresses = texts.map(parseCidr);
  const gateway = options.gateway === undefined ? null : parseAddress(options.gateway);
  return { wire: options.wire, addresses, mac: stationAddress(options.mac, addresses[0]), gateway };
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
    const answer = core.exports.addAddress(index, core.putAddress(address), prefixLength);
    if (answer < 0) throw stackError(answer, "addAddress");
  }
  if (adapter.gateway === null) return;
  const everywhere = parseAddress(isV4(adapter.gateway) ? "0.0.0.0" : "::");
  const answer = core.exports.addRoute(core.putAddress(everywhere), 0, core.putAddress(adapter.gateway, 1), index);
  if (answer < 0) throw stackError(answer, "addRoute");
}
