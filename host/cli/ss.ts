// `thimble ss`: the sockets of a running stack with what TCP thinks of their paths, as iproute2's ss has them.

import type { Command } from "commander";
import { ssSummaryText, ssText } from "../inspect/ss.ts";
import type { SocketStatus } from "../status.ts";
import { examples } from "./options.ts";
import { isConnected, isListening, isOfKind, isOfVersion, ssFilter } from "./socket-filter.ts";
import { addViewerOptions, print, programOf, type ViewerFlags, viewedStack } from "./viewer.ts";

interface SsFlags extends ViewerFlags {
  numeric?: boolean;
  all?: boolean;
  listening?: boolean;
  options?: boolean;
  info?: boolean;
  processes?: boolean;
  summary?: boolean;
  tcp?: boolean;
  udp?: boolean;
  raw?: boolean;
  ipv4?: boolean;
  ipv6?: boolean;
  header: boolean;
}

const HELP = `
With -o, the timer that will act next: on (retransmission), probe (the peer's window is shut),
keepalive, timewait, delack, tlp (tail loss probe), reorder; the time until then; attempts so far.

With -i, a line below each TCP connection shows its insides, in the names of iproute2:
  ts sack ecn wscale  what both sides have agreed on;  cubic, reno: the congestion controller
  rto rtt minrtt      milliseconds: the time-out, the round trip and its variation, the shortest one
  cwnd ssthresh       in segments of mss: what the network may bear, and where slow start ends
  send                what a window of cwnd in each round trip comes to
  lastsnd             milliseconds since it last sent something
  unacked notsent     bytes on their way, and bytes that wait
  sacked lost         of those on their way: reported by the peer, and taken for lost
  retrans backoff     segments sent again so far, successive time-outs
  snd_wnd rcv_wnd     what the peer, and what this side, would still take
  phase:recovery      something is lost and is being repaired; phase:loss after a time-out
  blocked:REASON      why it is not sending now: peer-window, congestion-window, nagle, ...

A filter is one or more of: state NAME, exclude NAME, sport = :PORT, dport = :PORT, src ADDRESS,
dst ADDRESS. States are those that are printed, and all, connected, synchronized, bucket, big.`;

export function registerSs(program: Command): void {
  const command = program
    .command("ss")
    .summary("print the sockets of a running stack, and what TCP knows of its paths")
    .description("Prints the sockets of a stack that runs in another terminal, as ss of iproute2 does.")
    .argument("[filter...]", "which sockets, as in: state established dport = :80")
    .option("-t, --tcp", "TCP sockets")
    .option("-u, --udp", "UDP sockets")
    .option("-w, --raw", "raw sockets")
    .option("-n, --numeric", "ports as numbers, not as names of services")
    .option("-i, --info", "the insides of TCP connections: cwnd, round trips, losses, why they wait")
    .option("-o, --options", "timers")
    .option("-p, --processes", "who holds the sockets")
    .option("-a, --all", "also sockets that listen or have no peer")
    .option("-l, --listening", "only those")
    .option("-4, --ipv4", "only sockets of IPv4")
    .option("-6, --ipv6", "only sockets of IPv6")
    .option("-s, --summary", "how many there are instead of which")
    .option("-H, --no-header", "without the line of titles");
  addViewerOptions(command)
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble ss -tnio", "every TCP connection with timers and insides"],
        ["thimble ss -tlnp", "the TCP ports that are open, and who opened them"],
        ["thimble ss -tn state time-wait", "what waits for stragglers of old connections"],
        ["thimble ss -tni dport = :80 dst 10.0.0.1", "connections to one web server"],
        ["watch -n 0.2 thimble ss -tnio", "see a congestion window grow"],
      ]),
    )
    .action(run);
}

async function run(words: string[], flags: SsFlags): Promise<void> {
  const filter = ssFilter(words);
  const stack = await viewedStack(flags);
  const all = await stack.ask<SocketStatus[]>("netstat");
  if (flags.summary) return print(flags, all, () => ssSummaryText(all));
  const isShown = (row: SocketStatus): boolean => {
    if (filter.namesState || flags.all) return true;
    return flags.listening ? isListening(row) : isConnected(row);
  };
  const rows = all.filter((row) => isShown(row) && isOfKind(row, flags) && isOfVersion(row, flags) && filter.test(row));
  const kinds = [flags.tcp, flags.udp, flags.raw].filter(Boolean).length;
  print(flags, rows, () =>
    ssText(rows, { ...flags, timers: flags.options, withKind: kinds !== 1, programOf: programOf(stack.card) }),
  );
}
