// From options to a running stack: opens the wire, starts the machine on it, and lets other terminals ask about it.

import { memoryMap } from "../build/memory-map.ts";
import { type Cidr, formatAddress, parseAddress, parseCidr, parseMac } from "../core/address.ts";
import { createStack, realClock, type Stack } from "../stack.ts";
import { captureWire } from "../wire/capture.ts";
import { openWire, parseWire } from "../wire/kinds.ts";
import type { Wire } from "../wire/wire.ts";
import { type Answers, type Control, openControl, type StackCard } from "./control.ts";
import { sentenceOf, UsageError } from "./errors.ts";
import { ipv4Argument, type StackOptions, wireText } from "./options.ts";

export interface RunningStack {
  readonly stack: Stack;
  /** The stack's own address, without prefix length. */
  readonly address: string;
  /** What it is plugged into, as it was typed. */
  readonly wireName: string;
  /** The machine at the other end of a simulated cable; null on other wires. */
  readonly far: Stack | null;
  close(): Promise<void>;
}

export interface StartOptions {
  /** On a simulated cable: the address of the machine at the other end; a neighbor's where left out. */
  farAddress?: string;
}

const SIM_ADDRESS = "10.0.0.1/24";

/**
 * Starts what the options of a command describe. Throws UsageError or InputError when they make no sense together,
 * before anything is opened.
 */
export async function startStack(
  command: string,
  options: StackOptions,
  start: StartOptions = {},
): Promise<RunningStack> {
  const wireName = requiredWire(command, options);
  const spec = parseWire(wireName);
  const address = addressFor(spec.kind, options);
  const cidr = parseCidr(address);
  ipv4Argument("--address", formatAddress(cidr.address));
  if (options.mac !== undefined) parseMac(options.mac);
  if (options.gateway !== undefined) checkGateway(ipv4Argument("--gateway", options.gateway), cidr);
  const farAddress = spec.kind === "sim" ? farAddressFor(start.farAddress, cidr) : null;

  const clock = realClock();
  const { seed } = options;
  const opened = await openWire(wireName, seed === undefined ? { clock } : { clock, seed });
  const wire = options.pcap === undefined ? opened.wire : captureWire(opened.wire, options.pcap, clock);
  const name = options.name ?? command;
  const stack = await createStack({
    wires: [{ wire, address, ...given("mac", options.mac), ...given("gateway", options.gateway), ...linkOf(options) }],
    profile: options.profile,
    name,
    ...given("seed", seed),
  }).catch((error: unknown) => {
    wire.close();
    throw error;
  });
  const farCidr = `${farAddress}/${cidr.prefixLength}`;
  const far = opened.far && farAddress ? await startFar(opened.far, farCidr, options) : null;
  const card = cardOf(name, command, wireName, options.profile, stack);
  const control = await openControl(name, answersFor(card, stack)).catch((error: unknown) => {
    // The stack is of use without being asked about.
    process.stderr.write(`thimble netstat will not find this stack: ${sentenceOf(error)}\n`);
    return null;
  });
  return { stack, address: formatAddress(cidr.address), wireName, far, close: () => closeAll(control, stack, far) };
}

function requiredWire(command: string, options: StackOptions): string {
  const text = wireText(options);
  if (text !== null) return text;
  throw new UsageError(
    `A stack needs a wire: --tap NAME for a TAP device, or --wire sim to try it; see thimble ${command} --help.`,
  );
}

function addressFor(kind: string, options: StackOptions): string {
  if (options.address !== undefined) return options.address;
  if (kind === "sim") return SIM_ADDRESS;
  throw new UsageError("Give the stack an address that is free on that network, as in --address 10.0.0.2/24.");
}

function checkGateway(text: string, cidr: Cidr): void {
  if (isNeighbor(parseAddress(text), cidr)) return;
  throw new UsageError(`--gateway ${text} is not on the stack's own network, so the stack could not reach it.`);
}

// A simulated cable has one machine at its other end: the one that is asked for, or just a neighbor.
function farAddressFor(wanted: string | undefined, cidr: Cidr): string {
  if (wanted === undefined) return formatAddress(neighborOf(cidr));
  if (isNeighbor(parseAddress(wanted), cidr)) return wanted;
  const own = `${formatAddress(cidr.address)}/${cidr.prefixLength}`;
  throw new UsageError(`On a simulated cable there are only neighbors, and ${wanted} is none of ${own}.`);
}

function isNeighbor(address: Uint8Array, cidr: Cidr): boolean {
  const bits = 96 + cidr.prefixLength;
  const same = (bit: number): boolean => bitOf(address, bit) === bitOf(cidr.address, bit);
  const isSelf = address.every((byte, i) => byte === cidr.address[i]);
  return !isSelf && Array.from({ length: bits }, (_, bit) => bit).every(same);
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

function startFar(wire: Wire, address: string, options: StackOptions): Promise<Stack> {
  const wires = [{ wire, address, ...linkOf(options) }];
  return createStack({
    wires,
    name: "far",
    ...given("seed", options.seed === undefined ? undefined : options.seed + 1),
  });
}

// What both ends of a link must agree on.
function linkOf({ vlan, mtu }: StackOptions): { vlan?: number; mtu?: number } {
  return { ...given("vlan", vlan), ...given("mtu", mtu) };
}

function cardOf(name: string, command: string, wire: string, profile: string, stack: Stack): StackCard {
  const addresses = stack.addresses().map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  return { name, pid: process.pid, command, wire, addresses, profile, since: new Date().toISOString() };
}

function answersFor(card: StackCard, stack: Stack): Answers {
  return {
    who: () => card,
    netstat: () => stack.sockets(),
    statistics: () => stack.counters(),
    routes: () => stack.routes(),
    neighbors: () => stack.neighbors(),
    groups: () => stack.groups(),
    addresses: () => stack.addresses(),
    memory: () => memoryMap(stack.core),
  };
}

async function closeAll(control: Control | null, stack: Stack, far: Stack | null): Promise<void> {
  await control?.close();
  await stack.close();
  await far?.close();
}

function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
