// `thimble netstat`: the sockets, counters, addresses, routes and neighbors of a stack that runs in another terminal.

import type { Command } from "commander";
import { applicationName } from "../applications/owner-names.ts";
import { type InterfaceStatus, interfaceTableText } from "../inspect/interfaces.ts";
import { socketsText } from "../inspect/netstat.ts";
import {
  addressesText,
  groupsText,
  leasesText,
  nameServersText,
  neighborsText,
  routesText,
} from "../inspect/network-tables.ts";
import { statisticsText } from "../inspect/statistics.ts";
import type { SocketStatus } from "../status.ts";
import type {
  AddressStatus,
  GroupStatus,
  LeaseStatus,
  NameServerStatus,
  NeighborStatus,
  RouteStatus,
} from "../tables.ts";
import { stacksText } from "./choose-stack.ts";
import { findStacks } from "./control.ts";
import { UsageError } from "./errors.ts";
import { examples } from "./options.ts";
import { isOfKind, isOfVersion } from "./socket-filter.ts";
import { addViewerOptions, print, programOf, type ViewerFlags, viewedStack } from "./viewer.ts";

interface NetstatFlags extends ViewerFlags {
  all?: boolean;
  numeric?: boolean;
  owner?: boolean;
  listening?: boolean;
  tcp?: boolean;
  udp?: boolean;
  ipv4?: boolean;
  ipv6?: boolean;
  statistics?: boolean;
  routes?: boolean;
  interfaces?: boolean;
  groups?: boolean;
  neigh?: boolean;
  addresses?: boolean;
  nameServers?: boolean;
  leases?: boolean;
  list?: boolean;
}

const HELP = `
One line is one socket, that is, one block of control information in the stack's memory:
  Recv-Q   bytes received that the application has not read yet
  Send-Q   bytes the application has written that the other side has not acknowledged
  State    of a TCP connection; LISTEN waits for connections, TIME_WAIT for stragglers of an old one
  Timer    what will happen next by itself: its name, seconds until then, attempts so far
  Sent     how long ago the socket last sent something
0.0.0.0 stands for any address of either version, * for any port, *:* for a UDP socket that talks to
everybody. Sockets that talk over IPv6 are tcp6 and udp6.

The insides of connections are shown by thimble ss -i, single tables also by thimble ip and arp.`;

export function registerNetstat(program: Command): void {
  const command = program
    .command("netstat")
    .summary("print the sockets of a stack that runs in another terminal")
    .description("Prints the sockets of a stack that runs in another terminal (thimble serve, echo, get, ping).")
    .option("-a, --all", "also sockets that listen or have no peer (with -s: also counters that are 0)")
    .option("-n, --numeric", "ports as numbers, not as names of services")
    .option(
      "-o, --owner",
      "also the process, or the application inside the stack, of each socket, its timer, and when it last sent",
    )
    .option("-l, --listening", "only sockets that listen")
    .option("-t, --tcp", "only TCP sockets")
    .option("-u, --udp", "only UDP sockets")
    .option("-4, --ipv4", "only sockets of IPv4")
    .option("-6, --ipv6", "only sockets of IPv6")
    .option("-s, --statistics", "counters instead of sockets")
    .option("-r, --routes", "the routing table instead of sockets")
    .option("-i, --interfaces", "the adapters and what they have counted instead of sockets")
    .option("-g, --groups", "multicast groups that the adapters are in, instead of sockets")
    .option("--neigh", "Ethernet addresses of the neighbors (ARP, neighbor discovery) instead of sockets")
    .option("--addresses", "the stack's own addresses, and how long they last, instead of sockets")
    .option("--name-servers", "name servers, and who has told of them, instead of sockets")
    .option("--leases", "what adapters have from DHCP servers instead of sockets")
    .option("--list", "list the running stacks");
  addViewerOptions(command)
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble netstat -ano", "all sockets, numbers only, with owners and timers"],
        ["thimble netstat -ltn", "the TCP ports that are open"],
        ["thimble netstat -s", "what the stack has counted"],
        ["thimble netstat -i", "its adapters, and the frames that went through them"],
        ["thimble netstat -r --stack serve", "the routes of the stack named serve"],
        ["thimble netstat --addresses", "which addresses it has, and which are being claimed"],
        ["watch -n 0.2 thimble netstat -ano", "see states change while something runs"],
      ]),
    )
    .action(run);
}

/** The tables that may be asked for instead of sockets: by flag, how it is typed, the question, and how it is printed. */
const OTHER_TABLES: Partial<Record<keyof NetstatFlags, OtherTable>> = {
  statistics: otherTable("-s", "statistics", (answer: Record<string, number>, { all }) => statisticsText(answer, all)),
  routes: otherTable("-r", "routes", (answer: RouteStatus[]) => routesText(answer)),
  interfaces: otherTable("-i", "interfaces", (answer: InterfaceStatus[]) => interfaceTableText(answer)),
  groups: otherTable("-g", "groups", (answer: GroupStatus[]) => groupsText(answer)),
  neigh: otherTable("--neigh", "neighbors", (answer: NeighborStatus[]) => neighborsText(answer)),
  addresses: otherTable("--addresses", "addresses", (answer: AddressStatus[]) => addressesText(answer)),
  nameServers: otherTable("--name-servers", "name servers", (answer: NameServerStatus[]) => nameServersText(answer)),
  leases: otherTable("--leases", "leases", (answer: LeaseStatus[]) => leasesText(answer)),
};

interface OtherTable {
  flag: string;
  question: string;
  text(answer: unknown, flags: NetstatFlags): string;
}

function otherTable<T>(flag: string, question: string, text: (answer: T, flags: NetstatFlags) => string): OtherTable {
  return { flag, question, text: (answer, flags) => text(answer as T, flags) };
}

async function run(flags: NetstatFlags): Promise<void> {
  if (flags.list) return list(flags);
  const chosen = chosenTable(flags);
  const stack = await viewedStack(flags);
  if (chosen) {
    const answer = await stack.ask<unknown>(chosen.question);
    print(flags, answer, () => chosen.text(answer, flags));
    return;
  }
  const rows = (await stack.ask<SocketStatus[]>("netstat")).filter((row) => isWanted(row, flags));
  const program = programOf(stack.card);
  const ownerName = (owner: number): string => {
    const name = program(owner);
    if (name !== null) return `${owner}/${name}`;
    // What is left of a connection (TIME_WAIT) belongs to nobody any more.
    return owner === 0 ? "-" : (applicationName(owner) ?? String(owner));
  };
  print(flags, rows, () => socketsText(rows, { ...flags, all: flags.all || flags.listening, ownerName }));
}

function chosenTable(flags: NetstatFlags): OtherTable | undefined {
  const keys = Object.keys(OTHER_TABLES) as (keyof typeof OTHER_TABLES)[];
  const [chosen, ...others] = keys.filter((key) => flags[key]).map((key) => OTHER_TABLES[key]);
  const known = Object.values(OTHER_TABLES).map(({ flag }) => flag);
  if (others.length > 0) throw new UsageError(`Of ${listText(known)}, give one at a time.`);
  return chosen;
}

function isWanted(row: SocketStatus, { tcp, udp, ipv4, ipv6, listening }: NetstatFlags): boolean {
  if (listening && row.state !== "LISTEN" && (row.kind === "tcp" || row.remotePort !== 0)) return false;
  return isOfKind(row, { tcp, udp }) && isOfVersion(row, { ipv4, ipv6 });
}

function listText(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

async function list(flags: NetstatFlags): Promise<void> {
  const stacks = await findStacks();
  print(
    flags,
    stacks.map(({ card }) => card),
    () => stacksText(stacks),
  );
}
