// Options that several commands share: how they are declared, what they may hold, and how a bad one is answered.

import { type Command, Option } from "commander";
import type { AutoconfigName } from "../adapters.ts";
import { isLinkLocal, isV4, parseAddress, splitZone } from "../core/address.ts";
import { portOf as serviceNumber } from "../inspect/services.ts";
import { UsageError } from "./errors.ts";

/** Options of every command that runs a stack on a wire. */
export interface StackOptions {
  wire?: string;
  tap?: string;
  address?: string[];
  gateway?: string[];
  autoconfigure?: AutoconfigName[];
  claim?: boolean;
  dhcp?: boolean;
  nameServer?: string[];
  mac?: string;
  vlan?: number;
  mtu?: number;
  pcap?: string;
  record?: string;
  seed?: number;
  profile: string;
  name?: string;
  json?: boolean;
}

/** Columns that help is written for. */
export const HELP_WIDTH = 100;

const PORTS = "a port is a number from 1 to 65535";

/** Declares the options that describe a machine and its wire. */
export function addStackOptions(command: Command): Command {
  const several = "; repeat it, or separate with commas";
  return addOutputOptions(
    command
      .option(
        "--wire <kind>",
        "what the adapter is plugged into: tap:NAME, passt, sim[:loss=3%,...] and others (thimble --help)",
      )
      .option("--tap <name>", "short for --wire tap:NAME")
      .option(
        "--address <cidr>",
        `address and its prefix's length: 10.0.0.2/24, 2001:db8::2/64${several}`,
        listArgument,
      )
      .option(
        "--gateway <address>",
        "router for everything outside of those networks; one of each version",
        listArgument,
      )
      .addOption(autoconfigOption())
      .option("--dhcp", "get an IPv4 address, a router and name servers from a DHCP server")
      .option("--name-server <address>", `whom to ask for names${several}`, listArgument)
      .option("--claim", "ask first whether anybody has the addresses, as is always done in IPv6")
      .option("--mac <address>", "Ethernet address of the adapter, as in 02:00:00:00:00:02")
      .option("--vlan <number>", "virtual LAN on the wire that the stack is in, 1 to 4094 (802.1Q tags)", vlanArgument)
      .option("--mtu <bytes>", "largest packet that the wire carries, from 576 on (default: the wire's)", mtuArgument)
      .option("--name <name>", "name under which thimble netstat finds the stack (default: the command)", nameArgument),
  );
}

/** Declares what every command has that runs a stack, on whatever wire. */
export function addOutputOptions(command: Command): Command {
  return command
    .option("--record <file>", "record all that happens in the stack, for thimble replay")
    .option("--pcap <file>", "write all frames to a file for Wireshark: pcap, or pcapng if so named")
    .option("--seed <number>", "seed of all that is random, so that a run can be repeated", seedArgument)
    .option("--profile <name>", "which build of the firmware to run: node, tiny, ...", profileArgument, "node")
    .option("--json", "print data instead of text");
}

export function seedArgument(text: string): number {
  return wholeNumber("--seed", text, 0, 0xffff_ffff, "a seed is a whole number from 0 to 4294967295");
}

function vlanArgument(text: string): number {
  return wholeNumber("--vlan", text, 1, 4094, "a virtual LAN has a number from 1 to 4094");
}

function mtuArgument(text: string): number {
  return wholeNumber("--mtu", text, 576, 9000, "say bytes from 576 to the profile's MTU");
}

export function portOption(text: string): number {
  return wholeNumber("--port", text, 1, 65535, PORTS);
}

/** A port by its number or its service's name. */
export function portOrService(text: string): number {
  const port = serviceNumber(text);
  if (port !== null && port > 0) return port;
  throw new UsageError(`PORT ${text}: ${PORTS}, or the name of a service, as in http.`);
}

export function portArgument(text: string): number {
  return wholeNumber("PORT", text, 1, 65535, PORTS);
}

export function profileArgument(text: string): string {
  if (/^[\w-]{1,64}$/.test(text)) return text;
  throw new UsageError(`--profile ${text}: a profile is named like its folder in boards/, as in tiny.`);
}

/**
 * An address of either version as people write it; anything else is a UsageError that begins with `option`. A zone is
 * taken off: the commands have one adapter, 0, so that a link-local address can mean no other link.
 */
export function addressArgument(option: string, text: string): string {
  const { address, zone } = splitZone(text);
  const bytes = bytesOf(option, address);
  if (zone === null) return address;
  if (!isLinkLocal(bytes)) throw new UsageError(`${option} ${text}: only link-local addresses have a zone.`);
  if (zone === "0") return address;
  throw new UsageError(
    `${option} ${text}: the stack has one adapter, whose zone is 0; write ${address}%0, or ${address}.`,
  );
}

function bytesOf(option: string, text: string): Uint8Array {
  try {
    return parseAddress(text);
  } catch {
    throw new UsageError(`${option} ${text}: that is no address; one looks like 10.0.0.1 or 2001:db8::1.`);
  }
}

/** Throws UsageError when -4 or -6 ask for another version than an address has. */
export function checkVersion(address: string, { ipv4 = false, ipv6 = false }): void {
  const is4 = isV4(parseAddress(address));
  if ((!ipv4 || is4) && (!ipv6 || !is4)) return;
  throw new UsageError(`${address} is an IPv${is4 ? 4 : 6} address, and -${is4 ? 6 : 4} asks for the other version.`);
}

/** Collects the values of an option that may be repeated, or have several values separated by commas. */
export function listArgument(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), ...text.split(",").filter((part) => part !== "")];
}

const AUTOCONFIG_NAMES: readonly AutoconfigName[] = ["routers", "link-local", "temporary", "ipv4-link-local"];

// Without a value it means what most networks have: routers that tell.
function autoconfigOption(): Option {
  const names = AUTOCONFIG_NAMES.join(", ");
  return new Option("--autoconfigure [what]", `get addresses without being told: ${names}`)
    .preset("routers")
    .argParser(autoconfigArgument);
}

function autoconfigArgument(text: string, before: AutoconfigName[] | undefined): AutoconfigName[] {
  return [...(before ?? []), ...text.split(",").map(autoconfigName)];
}

function autoconfigName(text: string): AutoconfigName {
  const found = AUTOCONFIG_NAMES.find((name) => name === text);
  if (found) return found;
  throw new UsageError(`--autoconfigure ${text}: choose from ${AUTOCONFIG_NAMES.join(", ")}.`);
}

function nameArgument(text: string): string {
  if (/^[\w.][\w.-]{0,31}$/.test(text)) return text;
  throw new UsageError(`--name ${text}: a name has 1 to 32 letters, digits, dots, dashes or underscores.`);
}

/** A whole number from `least` to `most`; anything else is a UsageError that ends with `rule`. */
export function wholeNumber(option: string, text: string, least: number, most: number, rule: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${option} ${text}: ${rule}.`);
}

/** Seconds, with a fraction if need be. */
export function seconds(option: string, text: string, least: number, most: number): number {
  const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${option} ${text}: say seconds from ${least} to ${most}, as in 0.5.`);
}

/** The text that --wire and --tap stand for together; null when neither is given. */
export function wireText(options: Pick<StackOptions, "wire" | "tap">): string | null {
  const { wire, tap } = options;
  if (wire !== undefined && tap !== undefined) {
    throw new UsageError("--tap NAME is short for --wire tap:NAME; give one of the two.");
  }
  if (tap !== undefined) return `tap:${tap}`;
  return wire ?? null;
}

/** Lines of examples for the end of a command's help: each command with what it does, beside it or below it. */
export function examples(lines: readonly [command: string, what: string][]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  const isNarrow = lines.every(([, what]) => width + what.length + 5 <= HELP_WIDTH);
  const text = lines.map(([command, what]) =>
    isNarrow ? `  ${command.padEnd(width)}   ${what}` : `  ${command}\n      ${what}`,
  );
  return `\nExamples:\n${text.join("\n")}`;
}
