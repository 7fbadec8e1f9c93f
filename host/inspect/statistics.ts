// `netstat -s`: the counters of a stack, grouped by protocol, each with its name and what it counts.

import type { Counter } from "../../assembly/abi/counters.ts";

type CounterName = Exclude<keyof typeof Counter, "COUNT">;

// A counter that is not explained here is shown with its name alone.
const MEANINGS: Partial<Record<CounterName, string>> = {
  EthInFrames: "frames received",
  EthInTooShort: "frames too short for a header",
  EthInNotForUs: "frames for another station",
  EthInUnknownType: "frames of an unknown type",
  EthOutFrames: "frames sent",
  EthOutNoCarrier: "frames not sent, the link was down",
  ArpInRequests: "requests received",
  ArpInReplies: "replies received",
  ArpInMalformed: "damaged messages",
  ArpInConflicts: "others that claim an address of ours",
  ArpOutRequests: "requests sent",
  ArpOutReplies: "replies sent",
  NeighborWaitDrops: "packets dropped while a neighbor was sought",
  NeighborGiveUps: "neighbors that did not answer",
  NeighborTableFull: "neighbors not noted, the table was full",
  IpInReceives: "packets received",
  IpInHdrErrors: "packets with a damaged header",
  IpInChecksumErrors: "packets with a wrong header checksum",
  IpInAddrErrors: "packets for an address that is not ours",
  IpInOtherAdapter: "packets for an address of another adapter",
  IpInForwDatagrams: "packets for others, to be passed on",
  IpOutForwDatagrams: "packets passed on",
  IpForwExpired: "packets not passed on, their time to live was over",
  IpForwTooBig: "packets not passed on, larger than the next link carries",
  IpForwRefused: "packets that must not be passed on",
  WebConnections: "connections to the web server",
  WebRequests: "requests to the web server",
  WebMalformed: "requests to the web server, malformed or too large, refused",
  WebRefused: "requests to the web server, of a method, coding or version that it does not have",
  WebNotFound: "requests for pages that are not there",
  WebHostErrors: "requests for pages that the host could not give",
  WebSlow: "connections to the web server given up, too slow",
  WebEvicted: "idle or slow connections to the web server closed to make room",
  WebTablesFull: "connections to the web server that had to wait for room",
  FetchesBegun: "pages asked for",
  FetchesFailed: "pages asked for and not received",
  IpForwNoPacket: "packets not passed on for want of buffers",
  LoopbackNoPacket: "packets to this machine itself dropped for want of buffers",
  EthInUnknownVlan: "frames of a virtual LAN that nobody here is in",
  EthInDoubleTagged: "frames with more than one tag",
  IcmpOutRedirects: "redirects sent",
  IpInUnknownProtos: "packets of a protocol we do not speak",
  IpInSourceRoutes: "packets with a source route, refused",
  IpInDelivers: "packets delivered to ICMP, UDP and TCP",
  IpOutRequests: "packets to send",
  IpOutNoRoutes: "packets not sent for want of a route",
  IpOutTooBig: "packets not sent, larger than the MTU",
  IpReasmReqds: "fragments received",
  IpReasmOKs: "datagrams put together from fragments",
  IpReasmFails: "times that putting together failed",
  IpFragOKs: "datagrams sent in fragments",
  IpFragFails: "datagrams not sent, for want of packets for all fragments",
  IpFragCreates: "fragments sent",
  IcmpInMsgs: "messages received",
  IcmpInErrors: "damaged messages received",
  IcmpInEchos: "echo requests received",
  IcmpInEchoReps: "echo replies received",
  IcmpInDestUnreachs: "destination unreachable received",
  IcmpInTimeExcds: "time exceeded received",
  IcmpInParmProbs: "parameter problem received",
  IcmpInUnmatched: "errors received about packets we did not send",
  IcmpOutMsgs: "messages sent",
  IcmpOutEchos: "echo requests sent",
  IcmpOutEchoReps: "echo replies sent",
  IcmpOutDestUnreachs: "destination unreachable sent",
  IcmpOutTimeExcds: "time exceeded sent",
  IcmpOutRateLimited: "errors not sent, to keep the rate low",
  NdInSolicits: "solicitations received",
  NdInAdverts: "advertisements of neighbors received",
  NdInRouterAdverts: "advertisements of routers received",
  NdInRedirects: "redirects received",
  NdInInvalid: "messages refused, from another link or damaged",
  NdInConflicts: "others that claim an address of ours",
  NdOutSolicits: "solicitations sent",
  NdOutAdverts: "advertisements sent",
  NdOutRouterSolicits: "solicitations of routers sent",
  NdTablesFull: "addresses, routes and servers not noted, the table was full",
  UdpInDatagrams: "datagrams received",
  UdpNoPorts: "datagrams to a port nobody listens on",
  UdpInErrors: "damaged datagrams received",
  UdpInQueueFull: "datagrams dropped, the socket's queue was full",
  UdpOutDatagrams: "datagrams sent",
  TcpActiveOpens: "connections opened by us",
  TcpPassiveOpens: "connections opened by others",
  TcpAttemptFails: "attempts to connect that failed",
  TcpEstabResets: "connections reset",
  TcpInSegs: "segments received",
  TcpOutSegs: "segments sent",
  TcpRetransSegs: "segments retransmitted",
  TcpInErrs: "damaged segments received",
  TcpOutRsts: "resets sent",
  TcpInNotUnicast: "segments to a group address, ignored",
  TcpInOutOfWindow: "segments outside the window",
  TcpInBadAck: "segments with an unacceptable acknowledgment",
  TcpInChallenged: "segments answered with a challenge ACK",
  TcpInPaws: "segments older than the newest, by their timestamps",
  TcpInNoTimestamp: "segments without the timestamp that was agreed on",
  TcpInOldDuplicates: "segments with data that had come before",
  TcpInOutOfOrder: "segments that came before their turn, kept",
  TcpInOutOfOrderDrops: "segments that came before their turn, dropped",
  TcpInAfterClose: "segments with data after the socket was closed",
  TcpInMerged: "small segments merged into another's packet",
  TcpFastRetransmits: "fast retransmits",
  TcpTimeouts: "retransmission time-outs",
  TcpSpuriousTimeouts: "time-outs that later ACKs showed to be mistaken",
  TcpLossProbes: "tail loss probes sent",
  TcpInMarked: "segments received that a router had marked for congestion",
  TcpEchoesObeyed: "windows reduced because the peer echoed a congestion mark",
  TcpTooBigs: "segments that a router reported too big for its next link",
  TcpBlackHoles: "paths taken to be narrower because large segments vanished",
  TcpKeepalives: "keep-alive probes sent",
  TcpLossProbeRecoveries: "losses that a tail loss probe repaired",
  TcpWindowProbes: "probes of a closed window sent",
  TcpDelayedAcks: "acknowledgments sent when the delay was over",
  TcpDuplicateAcks: "duplicate acknowledgments received",
  TcpCookiesSent: "SYNs answered with a cookie, since the SYN queue was full",
  TcpCookiesAccepted: "connections that began with a cookie",
  TcpSynQueueFull: "handshakes refused, the SYN queue was full",
  TcpAcceptQueueFull: "connections refused, the accept queue was full",
  TcpNoControlBlock: "connections refused for want of a control block",
  TcpNoBuffers: "times that no packet was free",
  TcpTimeWaitEvictions: "TIME-WAIT entries that made room for others",
  TcpTimeWaitReuses: "TIME-WAIT entries reused for a new connection",
  TcpGiveUps: "connections given up after too many time-outs",
  ReasmTimeouts: "datagrams given up, fragments were missing for a minute",
  ReasmDuplicates: "fragments that came twice",
  ReasmOverlaps: "datagrams given up, fragments overlapped",
  ReasmEmpty: "fragments without a byte",
  ReasmUneven: "fragments whose length is no multiple of eight",
  ReasmTooLong: "fragments that end beyond the longest datagram",
  ReasmBeyondLast: "datagrams given up, a fragment lay behind the last",
  ReasmChangedLast: "datagrams given up, two fragments claimed to be the last",
  ReasmMixedMarks: "datagrams given up, marked for congestion and unable to be",
  ReasmAfterAbandoned: "fragments of datagrams given up before",
  ReasmEvictions: "datagrams given up for a newer one",
  ReasmNoPackets: "datagrams given up for want of packets",
  ReasmNotJoined: "datagrams too large for their protocol",
  ReasmHeadersCut: "first fragments that lacked headers of their packet",
  IgmpInMsgs: "messages received",
  IgmpInErrors: "damaged messages received",
  IgmpInForeign: "messages that did not come from this link, ignored",
  IgmpInQueries: "queries received",
  IgmpInReports: "reports of other hosts received",
  IgmpOutReports: "reports sent",
  IgmpOutLeaves: "leave messages sent",
  IgmpTableFull: "groups not joined, the table was full",
  UdpInNotJoined: "datagrams to a group that no socket on the port has joined",
  RawInDelivers: "packets given to raw sockets",
  RawInQueueFull: "packets dropped, a raw socket's queue was full",
  RawOutRequests: "packets sent by raw sockets",
};
/** The counters of IPv6 are those of IPv4 once more, under names of their own. */
const V6_OF: readonly [v6: string, v4: string][] = [
  ["Icmp6", "Icmp"],
  ["Ip6", "Ip"],
];
/** Of several prefixes that fit, the longest counts. */
const GROUPS: [prefix: string, title: string][] = [
  ["Eth", "Ethernet"],
  ["Arp", "Arp"],
  ["Nd", "Neighbor discovery"],
  ["Neighbor", "Neighbors"],
  ["Ip", "Ip"],
  ["Icmp", "Icmp"],
  ["Igmp", "Igmp"],
  ["Ip6", "Ip6"],
  ["Icmp6", "Icmp6"],
  ["Udp", "Udp"],
  ["Raw", "Raw"],
  ["Tcp", "Tcp"],
  ["Reasm", "Fragments dropped"],
];
const OTHER = "Other";

/** The counters as text; those that are 0 only with `all`. */
export function statisticsText(counters: Readonly<Record<string, number>>, all = false): string {
  const names = Object.keys(counters).filter((name) => all || counters[name] !== 0);
  const width = Math.max(1, ...names.map((name) => String(counters[name]).length));
  return [...GROUPS.map(([, title]) => title), OTHER]
    .map((title) => ({ title, names: names.filter((name) => groupOf(name) === title) }))
    .filter((group) => group.names.length > 0)
    .map((group) => `${group.title}:\n${group.names.map((name) => line(name, counters[name] ?? 0, width)).join("")}`)
    .join("");
}

function groupOf(name: string): string {
  const fitting = GROUPS.filter(([prefix]) => name.startsWith(prefix));
  return fitting.sort(([a], [b]) => b.length - a.length)[0]?.[1] ?? OTHER;
}

function line(name: string, value: number, width: number): string {
  const meaning = meaningOf(name);
  return `    ${String(value).padStart(width)} ${meaning ? `${meaning} (${name})` : name}\n`;
}

function meaningOf(name: string): string | undefined {
  const [v6, v4] = V6_OF.find(([prefix]) => name.startsWith(prefix)) ?? ["", ""];
  return MEANINGS[(v4 + name.slice(v6.length)) as CounterName];
}
