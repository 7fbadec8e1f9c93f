// What `ss` prints: sockets, one line each, with timers, processes and insides where they are asked for; iproute2's form.
// Pure: rows in, text out.

import type { SocketStatus } from "../status.ts";
import { timerName } from "./netstat.ts";
import { portText } from "./services.ts";
import { infoText } from "./socket-info.ts";
import { tableText } from "./table.ts";

export interface SsOptions {
  numeric?: boolean;
  /** Which timer runs (-o), whose the socket is (-p), its insides (-i). */
  timers?: boolean;
  processes?: boolean;
  info?: boolean;
  /** A first column with the protocol: where more than one is shown. */
  withKind?: boolean;
  header?: boolean;
  /** The program that an owner's number stands for; null where none is known. */
  programOf?: (owner: number) => string | null;
}

const NOBODY = ["0.0.0.0", "::", ""];

/** State names of ss; where it differs from RFC 9293 it abbreviates. */
export function ssState({ state, kind }: Pick<SocketStatus, "state" | "kind">): string {
  if (kind !== "tcp") return state === "ESTABLISHED" ? "ESTAB" : "UNCONN";
  if (state === "ESTABLISHED") return "ESTAB";
  if (state === "SYN_RECEIVED") return "SYN-RECV";
  return state === "CLOSED" ? "UNCONN" : state.replaceAll("_", "-");
}

export function ssText(rows: readonly SocketStatus[], options: SsOptions): string {
  const right = "right" as const;
  const columns = [
    ...(options.withKind ? [{ title: "Netid", min: 5 }] : []),
    { title: "State", min: 10 },
    { title: "Recv-Q", align: right },
    { title: "Send-Q", align: right },
    { title: "Local Address:Port", min: 18, align: right },
    { title: "Peer Address:Port", min: 18, align: right },
    { title: options.processes ? "Process" : "" },
  ];
  const [titles = "", ...lines] = tableText(
    columns,
    rows.map((row) => socketCells(row, options)),
  )
    .trimEnd()
    .split("\n");
  const shown = lines.flatMap((line, at) => [line, ...infoLines(rows[at] as SocketStatus, options)]);
  return [...(options.header === false ? [] : [titles]), ...shown].map((line) => `${line}\n`).join("");
}

function socketCells(row: SocketStatus, options: SsOptions): string[] {
  const { numeric = false, programOf = () => null } = options;
  const program = programOf(row.owner);
  const extras: string[] = [];
  if (options.processes && program !== null) {
    extras.push(`users:(("${program}",pid=${row.owner}${row.handle === null ? "" : `,fd=${row.handle & 0xffff}`}))`);
  }
  if (options.timers && timerName(row.timer) !== null) extras.push(timerText(row));
  const { kind } = row;
  return [
    ...(options.withKind ? [kind === "echo" ? "icmp" : kind] : []),
    ssState(row),
    String(row.recvQ),
    String(row.sendQ),
    endpointText(row.localAddress, row.localPort, kind, numeric),
    endpointText(row.remoteAddress, row.remotePort, kind, numeric),
    extras.join(" "),
  ];
}

function infoLines(row: SocketStatus, { info }: SsOptions): string[] {
  const text = info ? infoText(row) : "";
  return text === "" ? [] : [`\t ${text}`];
}

/** "timer:(on,204ms,0)": its name, time to go, successive time-outs or probes. */
function timerText(row: SocketStatus): string {
  const attempts = row.timer === "KEEPALIVE" ? row.keepProbes : row.backoff;
  return `timer:(${timerName(row.timer)},${durationText(row.timerIn)},${attempts})`;
}

// As ss has it: 204ms, 3.170sec, 19sec, 119min.
function durationText(micros: number): string {
  const milliseconds = Math.round(micros / 1000);
  if (milliseconds < 1000) return `${milliseconds}ms`;
  if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(3)}sec`;
  const seconds = Math.floor(milliseconds / 1000);
  return seconds < 60 ? `${seconds}sec` : `${Math.floor(seconds / 60)}min${seconds % 60 ? `${seconds % 60}sec` : ""}`;
}

function endpointText(address: string, port: number, kind: string, numeric: boolean): string {
  const host = NOBODY.includes(address) ? "*" : address.includes(":") ? `[${address}]` : address;
  return `${host}:${portText(port, kind, numeric)}`;
}

/** The summary of `ss -s`. */
export function ssSummaryText(rows: readonly SocketStatus[]): string {
  const tcp = rows.filter(({ kind }) => kind === "tcp");
  const inState = (...states: string[]): number => tcp.filter(({ state }) => states.includes(state)).length;
  const orphaned = tcp.filter(
    ({ handle, state }) => handle === null && state !== "TIME_WAIT" && state !== "SYN_RECEIVED",
  );
  const isV6 = ({ localAddress }: SocketStatus): boolean => localAddress.includes(":");
  const kindCells = (title: string, kind: string): string[] => {
    const all = rows.filter((row) => row.kind === kind);
    const v6 = all.filter(isV6).length;
    return [title, String(all.length), String(all.length - v6), String(v6)];
  };
  const right = "right" as const;
  const columns = [
    { title: "Transport", min: 10 },
    ...["Total", "IP", "IPv6"].map((title) => ({ title, align: right, min: 6 })),
  ];
  const kinds = [kindCells("TCP", "tcp"), kindCells("UDP", "udp"), kindCells("ICMP", "echo"), kindCells("RAW", "raw")];
  const states = [
    `estab ${inState("ESTABLISHED")}`,
    `listen ${inState("LISTEN")}`,
    `synrecv ${inState("SYN_RECEIVED")}`,
    `orphaned ${orphaned.length}`,
    `timewait ${inState("TIME_WAIT")}`,
  ];
  return `Total: ${rows.length}\nTCP:   ${tcp.length} (${states.join(", ")})\n\n${tableText(columns, kinds)}`;
}
