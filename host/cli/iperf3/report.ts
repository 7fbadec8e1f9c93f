// A test as iperf3 prints it: a line for each stream and interval, and what both sides have counted at the end. Pure.

import { formatEndpoint } from "../../core/address.ts";
import type { Flow } from "./flow.ts";
import type { Results, StreamResult } from "./protocol.ts";
import type { FlowReport, TestRun } from "./test-run.ts";

/** One stream as its sender and its receiver have counted it. */
export interface StreamOutcome {
  flow: Flow;
  sender: FlowSide;
  receiver: FlowSide;
}

export interface FlowSide {
  seconds: number;
  bytes: number;
  /** -1: not known. */
  retransmits: number;
  jitter: number;
  lost: number;
  packets: number;
}

const RULE = `${"- ".repeat(25).trimEnd()}\n`;
const BYTE_UNITS = ["Bytes", "KBytes", "MBytes", "GBytes", "TBytes"];
const BIT_UNITS = ["bits/sec", "Kbits/sec", "Mbits/sec", "Gbits/sec", "Tbits/sec"];

/** What both sides say, put together by the numbers of the streams. */
export function outcomes(run: TestRun, remote: Results): StreamOutcome[] {
  return run.total().map((own) => {
    const near = { ...own, seconds: own.end, retransmits: own.retransmits ?? -1 };
    const theirs = remote.streams.find(({ id }) => id === own.flow.id);
    const far = theirs ? farSide(theirs, own.end) : near;
    return own.flow.sends
      ? { flow: own.flow, sender: near, receiver: far }
      : { flow: own.flow, sender: far, receiver: near };
  });
}

function farSide(result: StreamResult, seconds: number): FlowSide {
  const { bytes, retransmits, jitter, errors, packets, start_time = 0, end_time = seconds } = result;
  return { seconds: end_time - start_time, bytes, retransmits, jitter, lost: errors, packets };
}

/** "[  5] local 10.0.0.2 port 40000 connected to 10.0.0.1 port 5201" for each stream, and the titles of the table. */
export function startText(run: TestRun): string {
  const lines = run.flows.map(({ index, localEnd, remoteEnd }) => {
    const ends = [localEnd, remoteEnd].map(({ address, port }) => `${address} port ${port}`);
    return `${label(index)} local ${ends.join(" connected to ")}\n`;
  });
  return lines.join("") + intervalTitles(run);
}

function intervalTitles(run: TestRun): string {
  const head = "[ ID] Interval           Transfer     Bitrate";
  const sends = run.flows.some((flow) => flow.sends);
  if (!run.parameters.udp) return `${head}${sends ? "         Retr  Cwnd" : ""}\n`;
  return `${head}         ${sends ? "Total Datagrams" : "Jitter    Lost/Total Datagrams"}\n`;
}

/** The lines of one interval, and their sum where there are several streams. */
export function intervalText(reports: readonly FlowReport[], isUdp: boolean, isWarmUp: boolean): string {
  const note = isWarmUp ? "  (omitted)" : "";
  const line = (name: string, report: FlowReport): string =>
    `${name} ${spanText(report.start, report.end, report.bytes)}${figures(report, isUdp)}`
      .trimEnd()
      .concat(`${note}\n`);
  const lines = reports.map((report) => line(label(report.flow.index), report));
  const sums = [true, false]
    .map((sends) => reports.filter(({ flow }) => flow.sends === sends))
    .filter((group) => group.length > 1)
    .map((group) => line("[SUM]", sumOf(group)));
  const rule = reports.length > 1 ? RULE : "";
  return [...lines, ...sums].join("") + rule;
}

function figures({ flow, path, retransmits, jitter, lost, packets }: FlowReport, isUdp: boolean): string {
  if (isUdp && flow.sends) return `  ${packets}`;
  if (isUdp) return `  ${lossText(jitter, lost, packets)}`;
  if (retransmits === null) return "";
  return `  ${String(retransmits).padStart(3)}${path && path.cwnd > 0 ? `   ${bytesText(path.cwnd)}` : ""}`;
}

function sumOf(group: readonly FlowReport[]): FlowReport {
  const [first] = group as [FlowReport];
  const sum = (of: (report: FlowReport) => number): number => group.reduce((total, report) => total + of(report), 0);
  return {
    ...first,
    bytes: sum(({ bytes }) => bytes),
    packets: sum(({ packets }) => packets),
    lost: sum(({ lost }) => lost),
    outOfOrder: sum(({ outOfOrder }) => outOfOrder),
    jitter: sum(({ jitter }) => jitter) / group.length,
    path: null,
    retransmits: first.retransmits === null ? null : sum(({ retransmits }) => retransmits ?? 0),
  };
}

/** The end of a test: each stream as its sender and its receiver saw it. */
export function endText(streams: readonly StreamOutcome[], isUdp: boolean): string {
  const title = isUdp ? "         Jitter    Lost/Total Datagrams" : "         Retr";
  const lines = streams.flatMap(({ flow, sender, receiver }) => sideLines(label(flow.index), sender, receiver, isUdp));
  const groups = [true, false]
    .map((sends) => streams.filter(({ flow }) => flow.sends === sends))
    .filter((group) => group.length > 1);
  const sums = groups.flatMap((group) =>
    sideLines(
      "[SUM]",
      sumOfSides(group.map((each) => each.sender)),
      sumOfSides(group.map((each) => each.receiver)),
      isUdp,
    ),
  );
  return `${RULE}[ ID] Interval           Transfer     Bitrate${title}\n${[...lines, ...sums].join("")}`;
}

function sideLines(name: string, sender: FlowSide, receiver: FlowSide, isUdp: boolean): string[] {
  const line = (side: FlowSide, role: string): string => {
    const retransmits = role === "sender" && side.retransmits >= 0 ? String(side.retransmits) : "";
    // A sender does not know what was lost.
    const lost = role === "sender" ? 0 : side.lost;
    const more = isUdp
      ? lossText(role === "sender" ? 0 : side.jitter, lost, side.packets)
      : retransmits.padStart(3).padEnd(18);
    return `${name} ${spanText(0, side.seconds, side.bytes)}  ${more}  ${role}\n`;
  };
  return [line(sender, "sender"), line(receiver, "receiver")];
}

export function sumOfSides(sides: readonly FlowSide[]): FlowSide {
  const sum = (of: (side: FlowSide) => number): number => sides.reduce((total, side) => total + of(side), 0);
  const isKnown = sides.every(({ retransmits }) => retransmits >= 0);
  return {
    seconds: Math.max(0, ...sides.map(({ seconds }) => seconds)),
    bytes: sum(({ bytes }) => bytes),
    retransmits: isKnown ? sum(({ retransmits }) => retransmits) : -1,
    jitter: sides.length === 0 ? 0 : sum(({ jitter }) => jitter) / sides.length,
    lost: sum(({ lost }) => lost),
    packets: sum(({ packets }) => packets),
  };
}

function label(index: number): string {
  return `[${String(5 + 2 * index).padStart(3)}]`;
}

function spanText(start: number, end: number, bytes: number): string {
  const span = `${start.toFixed(2).padStart(6)}-${end.toFixed(2).padEnd(6)} sec`;
  return `${span}  ${bytesText(bytes)}  ${rateText(bytes, end - start)}`;
}

function lossText(jitter: number, lost: number, packets: number): string {
  const percent = packets === 0 ? 0 : (100 * lost) / packets;
  return `${(jitter * 1000).toFixed(3)} ms  ${lost}/${packets} (${Number(percent.toPrecision(2))}%)`;
}

/** "1.10 GBytes": powers of 1024. */
export function bytesText(bytes: number): string {
  return scaled(bytes, 1024, BYTE_UNITS);
}

/** "9.44 Gbits/sec": powers of 1000. */
export function rateText(bytes: number, seconds: number): string {
  return scaled(seconds > 0 ? (bytes * 8) / seconds : 0, 1000, BIT_UNITS);
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let unit = 0;
  while (value >= step && unit < units.length - 1) {
    value /= step;
    unit++;
  }
  const decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(decimals).padStart(4)} ${units[unit]}`;
}

/** The greeting of a server to who has come. */
export function acceptedText({ address, port }: { address: string; port: number }): string {
  return `Accepted connection from ${formatEndpoint(address, port)}\n`;
}
