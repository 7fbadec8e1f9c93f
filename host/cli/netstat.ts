// `thimble netstat`: the sockets, counters, addresses, routes and neighbors of a stack that runs in another terminal.

import type { Command } from "commander";
import { applicationName } from "../applications/owner-names.ts";
import { socketsText } from "../inspect/netstat.ts";
import { addressesText, groupsText, nameServersText, neighborsText, routesText } from "../inspect/network-tables.ts";
import { infoText } from "../inspect/socket-info.ts";
import { statisticsText } from "../inspect/statistics.ts";
import type { SocketStatus } from "../status.ts";
import type { AddressStatus, GroupStatus, NameServerStatus, NeighborStatus, RouteStatus } from "../tables.ts";
import { chooseStack, stacksText } from "./choose-stack.ts";
import { ask, type FoundStack, findStacks } from "./control.ts";
import { UsageError } from "./errors.ts";
import { examples } from "./options.ts";

interface NetstatFlags {
  all?: boolean;
  numeric?: boolean;
  owner?: boolean;
  info?: boolean;
  statistics?: boolean;
  routes?: boolean;
  groups?: boolean;
  neigh?: boolean;
  addresses?: boolean;
  nameServers?: boolean;
  stack?: string;
  list?: boolean;
  json?: boolean;
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

With -i, a line below each TCP connection shows its insides, in the names of Linux's ss -i:
  cubic, reno         the congestion controller;  wscale ts sack ecn: what both sides have agreed on
  rto rtt minrtt      milliseconds: the time-out, the round trip and its variation, the shortest one
  cwnd ssthresh       in segments of mss: what the network may bear, and where slow start ends
  snd_wnd rcv_wnd     what the peer, and what this side, would still take
  unacked notsent     bytes on their way, and bytes that wait
  sacked lost         of those on their way: reported by the peer, and taken for lost
  retrans backoff     segments sent again so far, successive time-outs
  phase:recovery      something is lost and is being repaired; phase:loss after a time-out
  blocked:REASON      why it is not sending now: peer-window, congestion-window, nagle, ...
  timer:NAME/12ms     what will make it act by itself, and when`;

export function registerNetstat(program: Command): void {
  program
    .command("netstat")
    .summary("print the sockets of a stack that runs in another terminal")
    .description("Prints the sockets of a stack that runs in another terminal (thimble serve, echo, get, ping).")
    .option("-a, --all", "also sockets that listen or have no peer (with -s: also counters that are 0)")
    .option("-n, --numeric", "ports as numbers, not as names of services")
    .option(
      "-o, --owner",
      "also the process, or the application inside the stack, of each socket, its timer, and when it last sent",
    )
    .option("-i, --info", "also the insides of each TCP connection: cwnd, round trips, losses, why it waits")
    .option("-s, --statistics", "counters instead of sockets")
    .option("-r, --routes", "the routing table instead of sockets")
    .option("-g, --groups", "multicast groups that the adapters are in, instead of sockets")
    .option("--neigh", "Ethernet addresses of the neighbors (ARP, neighbor discovery) instead of sockets")
    .option("--addresses", "the stack's own addresses, and how long they last, instead of sockets")
    .option("--name-servers", "name servers that routers have told of instead of sockets")
    .option("--stack <name>", "name or PID of the stack, where several run")
    .option("--list", "list the running stacks")
    .option("--json", "print data instead of text")
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble netstat -ano", "all sockets, numbers only, with owners and timers"],
        ["thimble netstat -ni", "what each connection thinks of its path, and why it is not sending"],
        ["thimble netstat -s", "what the stack has counted"],
        ["thimble netstat -g", "the multicast groups it is in"],
        ["thimble netstat -r --stack serve", "the routes of the stack named serve"],
        ["thimble netstat --addresses", "which addresses it has, and which are being claimed"],
        ["watch -n 0.2 thimble netstat -ano", "see states change while something runs"],
      ]),
    )
    .action(run);
}

/** What is asked for instead of sockets, by the flag that does so. */
const OTHER_TABLES = {
  statistics: { question: "statistics", flag: "-s" },
  routes: { question: "routes", flag: "-r" },
  groups: { question: "groups", flag: "-g" },
  neigh: { question: "neighbors", flag: "--neigh" },
  addresses: { question: "addresses", flag: "--addresses" },
  nameServers: { question: "name servers", flag: "--name-servers" },
} as const;

async function run(flags: NetstatFlags): Promise<void> {
  if (flags.list) return list(flags);
  const keys = Object.keys(OTHER_TABLES) as (keyof typeof OTHER_TABLES)[];
  const [chosen, ...others] = keys.filter((key) => flags[key]).map((key) => OTHER_TABLES[key]);
  const known = Object.values(OTHER_TABLES).map(({ flag }) => flag);
  if (others.length > 0) throw new UsageError(`Of ${listText(known)}, give one at a time.`);
  if (chosen && flags.info) throw new UsageError(`-i is about sockets; give it without ${chosen.flag}.`);
  const stack = await chooseStack(flags.stack);
  const question = chosen?.question ?? "netstat";
  const answer = await ask(stack.path, question);
  process.stdout.write(flags.json ? `${JSON.stringify(answer, null, 2)}\n` : asText(question, answer, stack, flags));
}

function listText(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

async function list(flags: NetstatFlags): Promise<void> {
  const stacks = await findStacks();
  const cards = stacks.map(({ card }) => card);
  process.stdout.write(flags.json ? `${JSON.stringify(cards, null, 2)}\n` : stacksText(stacks));
}

function asText(question: string, answer: unknown, { card }: FoundStack, flags: NetstatFlags): string {
  if (question === "statistics") return statisticsText(answer as Record<string, number>, flags.all);
  if (question === "routes") return routesText(answer as RouteStatus[]);
  if (question === "groups") return groupsText(answer as GroupStatus[]);
  if (question === "neighbors") return neighborsText(answer as NeighborStatus[]);
  if (question === "addresses") return addressesText(answer as AddressStatus[]);
  if (question === "name servers") return nameServersText(answer as NameServerStatus[]);
  // What is left of a connection (TIME_WAIT) belongs to no process any more.
  const names = new Map([
    [0, "-"],
    [card.pid, `${card.pid}/${card.name}`],
  ]);
  const ownerName = (owner: number): string => names.get(owner) ?? applicationName(owner) ?? String(owner);
  return socketsText(answer as SocketStatus[], {
    ...flags,
    ownerName,
    ...(flags.info ? { detail: infoText } : {}),
  });
}
