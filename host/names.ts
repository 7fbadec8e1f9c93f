// What a machine knows of names, whom it asks for them, and what it serves to others: `Stack.names`.

import { Errno } from "../assembly/abi/errno.ts";
import { OwnName, PoolWord } from "../assembly/abi/names.ts";
import { isV4, parseAddress, parseCidr } from "./core/address.ts";
import type { Core } from "./core/core.ts";
import { InputError, stackError } from "./errors.ts";
import type { Machine } from "./machine.ts";

/** What a stack that is a DHCP server has to lend. */
export interface LendOptions {
  /** Number of the adapter on whose link it lends; default 0. */
  adapter?: number;
  /** First address that may be lent, with the network that it is in, such as "10.0.0.100/24". */
  first: string;
  last: string;
  /** Default an hour; a minute at least. */
  seconds?: number;
  /** What clients are told. */
  router?: string;
  nameServer?: string;
}

const POOL_WORDS = 7;
const DEFAULT_SECONDS = 3600;

/** Methods throw InputError ERR_NAME, ERR_ADDRESS, or StackError; EOPNOTSUPP is what the profile has not. */
export class Names {
  #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Names a server to be asked, such as "10.0.0.53". */
  addServer(address: string): void {
    const { core } = this.#machine;
    checked(core.exports.addNameServer(core.putAddress(parseAddress(address))), "addNameServer");
  }

  /** Gives a host an address, or one more, that nobody is asked for, and that the stack's own name server tells others. */
  addHost(name: string, address: string): void {
    const { core } = this.#machine;
    const { at, bytes } = core.putName(name);
    const answer = core.exports.addHost(at, bytes, core.putAddress(parseAddress(address)));
    if (answer === -Errno.EINVAL) throw new InputError("ERR_NAME", `"${name}" is no name that a host could have.`);
    checked(answer, "addHost");
  }

  /** Sets the domain in which names without a dot are looked for; "" for none. */
  setDomain(name: string): void {
    setName(this.#machine.core, OwnName.DOMAIN, name);
  }

  /** Sets the machine's own name, one label, which DHCP servers are told; "" for none. */
  setHostName(name: string): void {
    setName(this.#machine.core, OwnName.HOST, name);
  }

  /** Answers at port 53 for the hosts that were added, and for machines that were lent addresses; false: no longer. */
  serve(on = true): void {
    checked(this.#machine.core.exports.serveNames(on ? 1 : 0), "serveNames");
    this.#machine.runner.wake();
  }

  /** Lends addresses to whoever asks on an adapter's link; null: no longer. What was lent before is forgotten. */
  lend(options: LendOptions | null): void {
    const { core, runner } = this.#machine;
    checked(core.exports.serveLeases(putPlan(core, options)), "serveLeases");
    runner.wake();
  }
}

function putPlan(core: Core, options: LendOptions | null): number {
  const at = core.scratch;
  const words = core.u32.subarray(at >>> 2, (at >>> 2) + POOL_WORDS);
  words.fill(0);
  if (options === null) return at;
  const { address, prefixLength } = parseCidr(options.first);
  words[PoolWord.ADAPTER] = options.adapter ?? 0;
  words[PoolWord.FIRST] = numberOf(address);
  words[PoolWord.LAST] = numberOf(parseAddress(options.last));
  words[PoolWord.PREFIX_LENGTH] = prefixLength;
  words[PoolWord.LEASE_SECONDS] = options.seconds ?? DEFAULT_SECONDS;
  if (options.router !== undefined) words[PoolWord.ROUTER] = numberOf(parseAddress(options.router));
  if (options.nameServer !== undefined) words[PoolWord.NAME_SERVER] = numberOf(parseAddress(options.nameServer));
  return at;
}

function numberOf(address: Uint8Array): number {
  if (!isV4(address)) throw new InputError("ERR_ADDRESS", "A DHCP server lends addresses of IPv4.");
  return new DataView(address.buffer, address.byteOffset).getUint32(12);
}

/** Sets one of a machine's own names. */
export function setName(core: Core, which: OwnName, name: string): void {
  const { at, bytes } = core.putName(name);
  const answer = core.exports.setName(which, at, bytes);
  if (answer === -Errno.EINVAL) throw new InputError("ERR_NAME", `"${name}" cannot be a machine's name or domain.`);
  checked(answer, "setName");
}

function checked(answer: number, call: string): void {
  if (answer < 0) throw stackError(answer, call);
}

/** Addresses that one peer has, in the order in which they are best tried (RFC 6724 §6). Throws InputError. */
export function orderAddresses(core: Core, addresses: readonly string[]): string[] {
  const parsed = addresses.map((address) => ({ address, bytes: parseAddress(address) }));
  const order = (a: Uint8Array, b: Uint8Array): number =>
    core.exports.compareAddresses(core.putAddress(a, 0), core.putAddress(b, 1));
  return parsed.sort((a, b) => order(a.bytes, b.bytes)).map(({ address }) => address);
}
