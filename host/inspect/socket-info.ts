// What `netstat --info` prints below a connection, in the manner of `ss -i`: the insides of its control block, and why
// it is not sending. Pure: a row in, a line out.

import type { SocketStatus } from "../status.ts";
import { timerName } from "./netstat.ts";

/** `ssthresh` from here on means that no loss has bounded slow start yet (RFC 5681 §3.1). */
const UNBOUNDED = 0x3fff_ffff;

/**
 * One line without its end; empty for a socket that has no control block with a peer. Times in milliseconds, `cwnd`
 * and `ssthresh` in segments, everything else in bytes. What is zero, or as usual, is left out, but not the window.
 */
export function infoText(row: SocketStatus): string {
  if (row.state === "LISTEN") return row.synQueue > 0 ? `syn_queue:${row.synQueue}` : "";
  if (row.controller === null) return "";
  return [...agreedPieces(row), ...pathPieces(row), ...windowPieces(row), ...streamPieces(row), ...lossPieces(row)]
    .concat(nowPieces(row))
    .join(" ");
}

function agreedPieces(row: SocketStatus): string[] {
  const pieces = [row.controller as string];
  if (row.options.includes("wscale")) pieces.push(`wscale:${row.sndShift},${row.rcvShift}`);
  return pieces.concat(row.options.filter((name) => name !== "wscale"));
}

function pathPieces(row: SocketStatus): string[] {
  const measured = row.srtt > 0 ? [`rtt:${milliseconds(row.srtt)}/${milliseconds(row.rttvar)}`] : [];
  return [`rto:${milliseconds(row.rto)}`, ...measured, ...nonZero("minrtt", row.minRtt, milliseconds)];
}

function windowPieces(row: SocketStatus): string[] {
  const segments = (bytes: number): string => decimals(bytes / row.sndMss, 1);
  const bounded = row.ssthresh > 0 && row.ssthresh < UNBOUNDED;
  return [
    `mss:${row.sndMss}`,
    `cwnd:${segments(row.cwnd)}`,
    ...(bounded ? [`ssthresh:${segments(row.ssthresh)}`] : []),
    `snd_wnd:${row.sndWnd}`,
    `rcv_wnd:${row.rcvWnd}`,
  ];
}

function streamPieces(row: SocketStatus): string[] {
  const unacked = (row.sndNxt - row.sndUna) >>> 0;
  return [
    ...nonZero("bytes_acked", row.bytesAcked),
    ...nonZero("bytes_received", row.bytesReceived),
    ...nonZero("unacked", unacked),
    // A FIN that is out counts as sequence number, not as data.
    ...nonZero("notsent", Math.max(0, row.sendQ - unacked)),
  ];
}

function lossPieces(row: SocketStatus): string[] {
  return [
    ...nonZero("sacked", row.sacked),
    ...nonZero("lost", row.lost),
    ...nonZero("retrans", row.retransmits),
    ...nonZero("backoff", row.backoff),
    ...nonZero("rcv_ooo", row.outOfOrder),
    ...(row.reordering > 1 ? [`reordering:${decimals(row.reordering / 4, 2)}rtt`] : []),
    ...nonZero("keep_probes", row.keepProbes),
  ];
}

// What it does at this moment, why it does not send, and what will make it act.
function nowPieces(row: SocketStatus): string[] {
  const timer = timerName(row.timer);
  return [
    ...(row.phase === "OPEN" ? [] : [`phase:${spelled(row.phase)}`]),
    ...(row.blocked === "NOTHING" ? [] : [`blocked:${spelled(row.blocked)}`]),
    ...(timer === null ? [] : [`timer:${timer}/${duration(row.timerIn)}`]),
  ];
}

function nonZero(name: string, value: number, text: (value: number) => string = String): string[] {
  return value === 0 ? [] : [`${name}:${text(value)}`];
}

function spelled(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

function milliseconds(micros: number): string {
  return decimals(micros / 1000, 3);
}

/** Up to ten seconds in milliseconds, beyond in seconds. */
function duration(micros: number): string {
  return micros < 10_000_000 ? `${Math.round(micros / 1000)}ms` : `${Math.round(micros / 1_000_000)}s`;
}

/** At most so many decimals, without zeros at the end. */
function decimals(value: number, most: number): string {
  return String(Number(value.toFixed(most)));
}
