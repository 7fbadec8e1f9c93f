// The table of sockets that `netstat` prints, in the form that people know from Linux. Pure: rows in, text out.

import type { SocketStatus } from "../status.ts";
import { portText } from "./services.ts";
import { tableText } from "./table.ts";

/** What the table needs to know of a socket. */
export type SocketRow = Pick<
  SocketStatus,
  | "kind"
  | "state"
  | "localAddress"
  | "localPort"
  | "remoteAddress"
  | "remotePort"
  | "recvQ"
  | "sendQ"
  | "owner"
  | "timer"
  | "timerIn"
  | "backoff"
  | "keepProbes"
  | "sentAgo"
>;

export interface NetstatOptions {
  /** Also listeners and sockets without a peer. */
  all?: boolean;
  /** Ports as numbers, not as names of services. */
  numeric?: boolean;
  /** Also the owner and the timer of each socket, and when it last sent something. */
  owner?: boolean;
  /** How an owner is shown; its number where left out. */
  ownerName?: (owner: number) => string;
}

// netstat's spelling differs from RFC 9293's in these.
const STATE_NAMES: Record<string, string> = {
  SYN_RECEIVED: "SYN_RECV",
  FIN_WAIT_1: "FIN_WAIT1",
  FIN_WAIT_2: "FIN_WAIT2",
  CLOSED: "CLOSE",
};
const TIMER_NAMES: Record<string, string> = {
  RETRANSMIT: "on",
  PERSIST: "probe",
  DELAYED_ACK: "delack",
  TIME_WAIT: "timewait",
  FIN_WAIT_2: "finwait2",
  KEEPALIVE: "keepalive",
  LOSS_PROBE: "tlp",
  REORDERING: "reorder",
};
const NO_ADDRESS = ["0.0.0.0", "::", ""];
const COLUMNS = [
  { title: "Proto" },
  { title: "Recv-Q", align: "right" as const },
  { title: "Send-Q", align: "right" as const },
  { title: "Local Address", min: 15 },
  { title: "Foreign Address", min: 15 },
  { title: "State", min: 11 },
];
const OWNER_COLUMNS = [{ title: "PID/owner", min: 9 }, { title: "Timer", min: 15 }, { title: "Sent" }];

/** The table of sockets: listeners first, then connections, then datagram sockets. */
export function socketsText(rows: readonly SocketRow[], options: NetstatOptions = {}): string {
  const shown = inOrder(rows.filter((row) => options.all || isConnected(row)));
  const columns = options.owner ? [...COLUMNS, ...OWNER_COLUMNS] : COLUMNS;
  const which = options.all ? "servers and established" : "w/o servers";
  const cells = shown.map((row) => socketCells(row, options));
  return `Active Internet connections (${which})\n${tableText(columns, cells)}`;
}

function socketCells(row: SocketRow, options: NetstatOptions): string[] {
  const { ownerName = String, numeric = false } = options;
  const local = endpoint(row.localAddress, row.localPort, numeric, row.kind);
  const owner = options.owner ? [ownerName(row.owner), timerText(row), sentText(row.sentAgo)] : [];
  const queues = [String(row.recvQ), String(row.sendQ)];
  return [protocolName(row), ...queues, local, foreignText(row, numeric), stateText(row), ...owner];
}

/** A socket's state as netstat spells it; blank for a datagram socket without a peer. */
export function stateText(row: Pick<SocketRow, "state" | "kind">): string {
  const state = row.state.replaceAll("-", "_");
  if (row.kind !== "tcp") return state === "ESTABLISHED" ? state : "";
  return STATE_NAMES[state] ?? state;
}

/** The timer as netstat shows it: its name, seconds left, successive time-outs and probes. */
export function timerText(row: Pick<SocketRow, "timer" | "timerIn" | "backoff" | "keepProbes">): string {
  const name = timerName(row.timer);
  if (name === null) return "off (0.00/0/0)";
  const probes = row.timer === "KEEPALIVE" ? row.keepProbes : row.timer === "PERSIST" ? row.backoff : null;
  const counts = probes === null ? `${row.backoff}/0` : `0/${probes}`;
  return `${name} (${(row.timerIn / 1e6).toFixed(2)}/${counts})`;
}

/** A timer's name as netstat spells it; null when none runs. */
export function timerName(timer: SocketRow["timer"]): string | null {
  return TIMER_NAMES[timer] ?? null;
}

// Who has never sent (a listener, say) has nothing to show.
function sentText(sentAgo: number | null): string {
  return sentAgo === null ? "-" : `${(sentAgo / 1e6).toFixed(2)}s`;
}

function isConnected(row: SocketRow): boolean {
  return row.kind === "tcp" ? row.state !== "LISTEN" && row.state !== "CLOSED" : row.remotePort !== 0;
}

function inOrder(rows: readonly SocketRow[]): SocketRow[] {
  const rank = (row: SocketRow): number => (row.kind !== "tcp" ? 2 : row.state === "LISTEN" ? 0 : 1);
  return [...rows].sort((a, b) => rank(a) - rank(b) || a.localPort - b.localPort || a.remotePort - b.remotePort);
}

function protocolName(row: SocketRow): string {
  const name = row.kind === "echo" ? "icmp" : row.kind;
  return row.localAddress.includes(":") ? `${name}6` : name;
}

function foreignText(row: SocketRow, numeric: boolean): string {
  const nobody = NO_ADDRESS.includes(row.remoteAddress) && row.remotePort === 0;
  if (nobody && row.kind !== "tcp") return "*:*";
  return endpoint(row.remoteAddress, row.remotePort, numeric, row.kind);
}

function endpoint(address: string, port: number, numeric: boolean, kind: string): string {
  return `${address}:${portText(port, kind, numeric)}`;
}
