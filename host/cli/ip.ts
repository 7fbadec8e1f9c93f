// `thimble ip`, `ifconfig` and `arp`: the network as a running stack sees it, in the forms that people know.

import { type Command, Option } from "commander";
import { type InterfaceStatus, ifconfigText } from "../inspect/interfaces.ts";
import {
  arpLinesText,
  arpText,
  ipAddressText,
  ipBriefText,
  ipGroupText,
  ipLinkText,
  ipNeighborText,
  ipRouteText,
} from "../inspect/ip-tables.ts";
import type { AddressStatus, GroupStatus, NeighborStatus, RouteStatus } from "../tables.ts";
import { UsageError } from "./errors.ts";
import { addressArgument, examples } from "./options.ts";
import { addViewerOptions, namesOf, print, type Viewed, type ViewerFlags, viewedStack } from "./viewer.ts";

interface IpFlags extends ViewerFlags {
  4?: boolean;
  6?: boolean;
  statistics?: boolean;
  brief?: boolean;
}

const OBJECTS = ["address", "link", "route", "neighbor", "maddress"] as const;
type IpObject = (typeof OBJECTS)[number];
const SHOW = ["show", "list", "lst", "ls", "sh", "s", "l"];

const HELP = `
An object may be shortened: a, addr; l, link; r, route; n, neigh; m, maddr. "show" may be left out,
and "dev NAME" behind it means one adapter. A stack's addresses and routes are given when it is
started (--address, --gateway); in a program, stack.network changes them.`;

export function registerIp(program: Command): void {
  const command = program
    .command("ip")
    .summary("print the addresses, links, routes, neighbors and groups of a running stack")
    .description("Prints addresses, links, routes, neighbors or groups of a stack that runs in another terminal.")
    .argument("<object>", "address, link, route, neigh or maddr", objectArgument)
    .argument("[words...]", "show, and dev NAME for one adapter alone")
    .option("-4", "only IPv4")
    .option("-6", "only IPv6")
    .option("-s, --statistics", "also what the adapters have counted")
    .option("-b, --brief", "a line for each adapter (-br)")
    // In iproute2 "-br" is one word; here it is two letters, of which the second says nothing.
    .addOption(new Option("-r").hideHelp());
  addViewerOptions(command, "-j, --json")
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble ip addr", "the stack's addresses, and how long they last"],
        ["thimble ip -br addr", "the same in a line for each adapter"],
        ["thimble ip -6 route", "where its packets go over IPv6"],
        ["thimble ip neigh", "the Ethernet addresses that it has learned, and what it thinks of them"],
        ["thimble ip -s link show dev eth0", "frames and errors of one adapter"],
        ["thimble ip maddr", "the multicast groups that it is in"],
      ]),
    )
    .action(run);
}

export function registerIfconfig(program: Command): void {
  const command = program
    .command("ifconfig")
    .summary("print the adapters of a running stack with their addresses")
    .description("Prints the adapters of a stack that runs in another terminal, their addresses and counters.")
    .argument("[adapter]", "one of them, as in eth0");
  addViewerOptions(command)
    .addHelpText(
      "after",
      examples([
        ["thimble ifconfig", "all of them"],
        ["thimble ifconfig eth0", "one"],
      ]),
    )
    .action(runIfconfig);
}

export function registerArp(program: Command): void {
  const command = program
    .command("arp")
    .summary("print the Ethernet addresses that a running stack has learned")
    .description("Prints which Ethernet addresses a stack that runs in another terminal has for IPv4 neighbors.")
    .argument("[address]", "of one neighbor", (text) => addressArgument("ADDRESS", text))
    .option("-a, --all", "in BSD's form")
    .option("-n, --numeric", "addresses as numbers (they always are)");
  addViewerOptions(command)
    .addHelpText("after", "\nThose of IPv6 neighbors are shown by thimble ip -6 neigh.")
    .addHelpText(
      "after",
      examples([
        ["thimble arp -n", "a table"],
        ["thimble arp -a", "a line for each"],
      ]),
    )
    .action(runArp);
}

async function run(object: IpObject, words: string[], flags: IpFlags): Promise<void> {
  const device = deviceOf(object, words);
  const stack = await viewedStack(flags);
  const all = await stack.ask<InterfaceStatus[]>("interfaces");
  const links = device === null ? all : [named(all, device)];
  await PRINTERS[object]({ stack, flags, links, nameOf: namesOf(all) });
}

interface IpQuestion {
  stack: Viewed;
  flags: IpFlags;
  /** The adapters that are meant. */
  links: InterfaceStatus[];
  nameOf: (adapter: number) => string;
}

const PRINTERS: Record<IpObject, (question: IpQuestion) => Promise<void>> = {
  address: async ({ stack, flags, links }) => {
    const rows = chosen(await stack.ask<AddressStatus[]>("addresses"), links, flags, ({ address }) => address);
    const data = links.map((link) => ({ ...link, addresses: rows.filter(({ adapter }) => adapter === link.index) }));
    print(flags, data, () => (flags.brief ? ipBriefText(links, rows) : ipAddressText(links, rows, flags.statistics)));
  },
  link: async ({ flags, links }) =>
    print(flags, links, () => (flags.brief ? ipBriefText(links, null) : ipLinkText(links, flags.statistics))),
  route: async ({ stack, flags, links, nameOf }) => {
    // As in iproute2, what is not asked for by its number is IPv4.
    const version = flags[6] ? flags : { ...flags, 4: true };
    const rows = chosen(await stack.ask<RouteStatus[]>("routes"), links, version, ({ destination }) => destination);
    print(flags, rows, () => ipRouteText(rows, nameOf));
  },
  neighbor: async ({ stack, flags, links, nameOf }) => {
    const rows = chosen(await stack.ask<NeighborStatus[]>("neighbors"), links, flags, ({ address }) => address);
    print(flags, rows, () => ipNeighborText(rows, nameOf));
  },
  maddress: async ({ stack, flags, links }) => {
    const rows = chosen(await stack.ask<GroupStatus[]>("groups"), links, flags, ({ group }) => group);
    print(flags, rows, () => ipGroupText(rows, links));
  },
};

// Rows of the adapters and of the version that are asked for.
function chosen<Row extends { adapter: number }>(
  rows: readonly Row[],
  links: readonly InterfaceStatus[],
  flags: IpFlags,
  addressOf: (row: Row) => string,
): Row[] {
  const isAll = Boolean(flags[4]) === Boolean(flags[6]);
  const fits = (row: Row): boolean => isAll || addressOf(row).includes(":") === Boolean(flags[6]);
  return rows.filter((row) => links.some(({ index }) => index === row.adapter) && fits(row));
}

async function runIfconfig(name: string | undefined, flags: ViewerFlags): Promise<void> {
  const stack = await viewedStack(flags);
  const all = await stack.ask<InterfaceStatus[]>("interfaces");
  const links = name === undefined ? all : [named(all, name)];
  const addresses = await stack.ask<AddressStatus[]>("addresses");
  const data = links.map((link) => ({ ...link, addresses: addresses.filter(({ adapter }) => adapter === link.index) }));
  print(flags, data, () => ifconfigText(links, addresses));
}

async function runArp(address: string | undefined, flags: ViewerFlags & { all?: boolean }): Promise<void> {
  const stack = await viewedStack(flags);
  const nameOf = namesOf(await stack.ask<InterfaceStatus[]>("interfaces"));
  const all = await stack.ask<NeighborStatus[]>("neighbors");
  const rows = all.filter((row) => !row.address.includes(":") && (address === undefined || row.address === address));
  print(flags, rows, () => (flags.all ? arpLinesText(rows, nameOf) : arpText(rows, nameOf)));
}

function objectArgument(text: string): IpObject {
  const spelled = text === "neighbour" || text.startsWith("neighb") ? "neighbor" : text;
  const found = OBJECTS.find((object) => object.startsWith(spelled));
  if (found && text !== "") return found;
  throw new UsageError(`${text} is no object that is known here; choose from address, link, route, neigh and maddr.`);
}

/** The adapter that is named; null: all. Throws UsageError on words that would change something. */
function deviceOf(object: IpObject, words: readonly string[]): string | null {
  const [first = "show", ...rest] = words;
  const others = SHOW.includes(first) ? rest : words;
  const [keyword, name] = others[0] === "dev" ? others : ["dev", ...others];
  if (keyword === "dev" && name === undefined && others.length === 0) return null;
  if (name !== undefined && others.length <= 2 && !/^(add|del|set|change|replace|flush|get)/.test(name)) return name;
  throw new UsageError(
    `ip ${object} ${words.join(" ")}: here, ip only shows, as in ip ${object} show dev eth0; addresses and routes are given when a stack is started.`,
  );
}

function named(links: readonly InterfaceStatus[], name: string): InterfaceStatus {
  const found = links.find((link) => link.name === name);
  if (found) return found;
  throw new UsageError(`The stack has no adapter ${name}; it has ${links.map((link) => link.name).join(", ")}.`);
}
