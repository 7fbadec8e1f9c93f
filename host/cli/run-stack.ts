// From options to a running stack: opens the wire, starts the machine on it, waits for its addresses, and lets other
// terminals ask about it.

import { memoryMap } from "../build/memory-map.ts";
import { type Cidr, formatAddress, isLinkLocal, isV4, parseAddress, parseCidr, parseMac } from "../core/address.ts";
import { adapterNames, type InterfaceStatus } from "../inspect/interfaces.ts";
import { createStack, realClock, type Stack } from "../stack.ts";
import { captureWire } from "../wire/capture.ts";
import { openWire, parseWire } from "../wire/kinds.ts";
import { ObservedWire } from "../wire/observe.ts";
import type { Wire } from "../wire/wire.ts";
import { captureStream } from "./capture-stream.ts";
import { type Answers, type Control, openControl, type StackCard } from "./control.ts";
import { sentenceOf, UsageError } from "./errors.ts";
import { addressArgument, type StackOptions, wireText } from "./options.ts";
import { cidrText, farAddresses, isNeighbor, type OwnAddresses, ownAddresses } from "./own-addresses.ts";
import { settle } from "./settle.ts";

export interface RunningStack {
  readonly stack: Stack;
  /** The stack's own addresses, without prefix lengths; those for the link alone only where there are no others. */
  readonly addresses: readonly string[];
  /** What it is plugged into, as it was typed. */
  readonly wireName: string;
  /** The machine at the other end of a simulated cable; null on other wires. */
  readonly far: Stack | null;
  close(): Promise<void>;
}

export interface StartOptions {
  /** Whom the command will talk to; on a simulated cable the machine at the other end has that address. */
  target?: string;
}

/**
 * Starts what the options of a command describe; resolves when its addresses can be used. Throws UsageError or InputError
 * when they make no sense together, before anything is opened.
 */
export async function startStack(
  command: string,
  options: StackOptions,
  start: StartOptions = {},
): Promise<RunningStack> {
  const wireName = requiredWire(command, options);
  const spec = parseWire(wireName);
  const plan = await ownAddresses(spec.kind, options);
  if (options.mac !== undefined) parseMac(options.mac);
  const farTexts = spec.kind === "sim" ? farTextsFor(plan.own, start.target, options) : [];

  const clock = realClock();
  const { seed } = options;
  const opened = await openWire(wireName, seed === undefined ? { clock } : { clock, seed });
  const captured = options.pcap === undefined ? opened.wire : captureWire(opened.wire, options.pcap, clock);
  const wire = new ObservedWire(captured);
  const name = options.name ?? command;
  const stack = await createStack({
    wires: [{ wire, ...wireOptions(plan, options, spec.kind), ...linkOf(options) }],
    profile: options.profile,
    name,
    ...given("seed", seed),
    ...given("nameServers", nameServersOf(options, spec.kind, farTexts)),
  }).catch((error: unknown) => {
    wire.close();
    throw error;
  });
  const far = opened.far && farTexts.length > 0 ? await startFar(opened.far, farTexts, options) : null;
  const card = { name, pid: process.pid, command, wire: wireName, profile: options.profile };
  const answers = answersFor({ ...card, since: new Date().toISOString() }, stack);
  const control = await openControl(name, answers, { capture: captureStream(wire, clock) }).catch((error: unknown) => {
    // The stack is of use without being asked about.
    process.stderr.write(`thimble netstat will not find this stack: ${sentenceOf(error)}\n`);
    return null;
  });
  const close = (): Promise<void> => closeAll(control, stack, far);
  try {
    const autoconfigure = options.autoconfigure ?? [];
    const isNear = isForLink(start.target);
    await settle(stack, {
      given: plan.own.map(({ address }) => formatAddress(address)),
      waitsForOthers: autoconfigure.length > 0 || isNear || options.dhcp === true,
      asksDhcp: options.dhcp === true,
      asksRouters: !isNear && (autoconfigure.includes("routers") || autoconfigure.includes("temporary")),
      wireName,
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { stack, addresses: reachableAt(stack), wireName, far, close };
}

function wireOptions({ own, gateways }: OwnAddresses, options: StackOptions, kind: string) {
  // On a simulated cable there is nobody to ask whose address is not known.
  const claim = kind === "sim" ? false : options.claim;
  return {
    address: own.map(cidrText),
    gateway: gateways,
    ...given("mac", options.mac),
    ...given("autoconfigure", options.autoconfigure),
    ...given("dhcp", options.dhcp),
    ...given("claim", claim),
  };
}

function isForLink(target: string | undefined): boolean {
  return target !== undefined && isLinkLocal(parseAddress(target));
}

function usableAddresses(stack: Stack): Cidr[] {
  const rows = stack.addresses().filter(({ state }) => state === "PREFERRED" || state === "DEPRECATED");
  return rows.map(({ address, prefixLength }) => parseCidr(`${address}/${prefixLength}`));
}

function reachableAt(stack: Stack): string[] {
  const all = usableAddresses(stack);
  const beyond = all.filter(({ address }) => !isLinkLocal(address));
  return (beyond.length > 0 ? beyond : all).map(({ address }) => formatAddress(address));
}

/** The address that the stack is likely to use towards `target`: of its network, or of its version. */
export function addressTowards({ stack }: RunningStack, target: string): string {
  const bytes = parseAddress(target);
  const own = usableAddresses(stack).filter(({ address }) => isV4(address) === isV4(bytes));
  const near = own.find((cidr) => isNeighbor(bytes, cidr));
  const chosen = near ?? own.find(({ address }) => !isLinkLocal(address)) ?? own[0];
  return chosen ? formatAddress(chosen.address) : "no address of its version";
}

function requiredWire(command: string, options: StackOptions): string {
  const text = wireText(options);
  if (text !== null) return text;
  throw new UsageError(
    `A stack needs a wire: --tap NAME for a TAP device, or --wire sim to try it; see thimble ${command} --help.`,
  );
}

function startFar(wire: Wire, address: string[], options: StackOptions): Promise<Stack> {
  const wires = [{ wire, address, claim: false, ...linkOf(options) }];
  const { seed } = options;
  return createStack({ wires, name: "far", ...given("seed", seed === undefined ? undefined : seed + 1) }).then(
    (far) => {
      serveFrom(far, address, options);
      return far;
    },
  );
}

/** What a machine on a simulated cable is called, and what it lends there. */
export const SIM_DOMAIN = "sim.test";
export const FAR_NAME = `far.${SIM_DOMAIN}`;
const SIM_FAR = "10.0.0.2/24";
const SIM_LEASES = { first: "10.0.0.100/24", last: "10.0.0.199", nameServer: "10.0.0.2", router: "10.0.0.2" };

// It answers for its own name, and lends addresses to whoever asks for one.
function serveFrom(far: Stack, addresses: readonly string[], { dhcp }: StackOptions): void {
  const { DNS_SERVER, DHCP_POOL } = far.core.constants;
  if (!DNS_SERVER || !DHCP_POOL) return;
  for (const cidr of addresses) far.names.addHost(FAR_NAME, cidr.split("/")[0] ?? "");
  far.names.setDomain(SIM_DOMAIN);
  far.names.serve();
  if (dhcp) far.names.lend(SIM_LEASES);
}

// A machine that is to lend has an address of its own.
function farTextsFor(own: readonly Cidr[], target: string | undefined, { dhcp }: StackOptions): string[] {
  return dhcp && own.length === 0 ? [SIM_FAR] : farAddresses(own, target);
}

// On a simulated cable the machine at the other end knows names.
function nameServersOf({ nameServer, dhcp }: StackOptions, kind: string, far: readonly string[]): string[] | undefined {
  const given = nameServer?.map((text) => addressArgument("--name-server", text));
  if (given !== undefined || kind !== "sim" || dhcp) return given;
  return far.slice(0, 1).map((cidr) => cidr.split("/")[0] ?? "");
}

// What both ends of a link must agree on.
function linkOf({ vlan, mtu }: StackOptions): { vlan?: number; mtu?: number } {
  return { ...given("vlan", vlan), ...given("mtu", mtu) };
}

function answersFor(card: Omit<StackCard, "addresses">, stack: Stack): Answers {
  return {
    who: () => ({ ...card, addresses: usableAddresses(stack).map(cidrText) }),
    netstat: () => stack.sockets(),
    statistics: () => stack.counters(),
    routes: () => stack.routes(),
    neighbors: () => stack.neighbors(),
    groups: () => stack.groups(),
    addresses: () => stack.addresses(),
    interfaces: () => interfaceStatuses(stack, card.wire),
    "name servers": () => stack.nameServers(),
    leases: () => stack.leases(),
    memory: () => memoryMap(stack.core),
  };
}

function interfaceStatuses(stack: Stack, wire: string): InterfaceStatus[] {
  const adapters = stack.adapters();
  const names = adapterNames(adapters);
  return adapters.map((adapter) => ({
    ...adapter,
    name: names.get(adapter.index) ?? "",
    wire: adapter.kind === "loopback" ? null : wire,
    counters: adapter.kind === "mac" ? (stack.macs[adapter.index]?.counters ?? null) : null,
  }));
}

async function closeAll(control: Control | null, stack: Stack, far: Stack | null): Promise<void> {
  await control?.close();
  await stack.close();
  await far?.close();
}

function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
