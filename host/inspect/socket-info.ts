// What `ss -i` prints below a connection: the insides of its control block, in iproute2's names and order where it has
// them, and why it is not sending. Pure: a row in, a line out.

import type { SocketStatus } from "../status.ts";

/** `ssthresh` from here on means that no loss has bounded slow start yet (RFC 5681 §3.1). */
const UNBOUNDED = 0x3fff_ffff;

/**
 * One line without its end; empty for a socket that has no control block with a peer. Times in milliseconds, `cwnd`,
 * `ssthresh` and `retrans` in segments, everything else in bytes. What is zero, or as usual, is left out, but not the
 * window.
 */
export function infoText(row: SocketStatus): string {
  if (row.state === "LISTEN") return row.synQueue > 0 ? `syn_queue:${row.synQueue}` : "";
  if (row.controller === null) return "";
  return [...agreedPieces(row), ...pathPieces(row), ...windowPieces(row), ...streamPieces(row)]
    .concat(lossPieces(row), peerPieces(row), nowPieces(row))
    .join(" ");
}

function agreedPieces(row: SocketStatus): string[] {
  const agreed: string[] = row.options.filter((name) => name !== "wscale");
  const scaled = row.options.includes("wscale") ? [`wscale:${row.sndShift},${row.rcvShift}`] : [];
  return [...agreed, row.controller as string, ...scaled];
}

function pathPieces(row: SocketStatus): string[] {
  const measured = row.srtt > 0 ? [`rtt:${milliseconds(row.srtt)}/${milliseconds(row.rttvar)}`] : [];
  return [`rto:${milliseconds(row.rto)}`, ...nonZero("backoff", row.backoff), ...measured];
}

function windowPieces(row: SocketStatus): string[] {
  const segments = (bytes: number): string => decimals(bytes / row.sndMss, 1);
  const bounded = row.ssthresh > 0 && row.ssthresh < UNBOUNDED;
  return [
    `mss:${row.sndMss}`,
    `cwnd:${segments(row.cwnd)}`,
    ...(bounded ? [`ssthresh:${segments(row.ssthresh)}`] : []),
  ];
}

function streamPieces(row: SocketStatus): string[] {
  return [
    ...nonZero("bytes_acked", row.bytesAcked),
    ...nonZero("bytes_received", row.bytesReceived),
    // What a window of this size in each round trip comes to.
    ...(row.srtt > 0 ? [`send ${rate((row.cwnd * 8e6) / row.srtt)}`] : []),
    ...(row.sentAgo === null ? [] : [`lastsnd:${Math.round(row.sentAgo / 1000)}`]),
  ];
}

function lossPieces(row: SocketStatus): string[] {
  return [
    ...nonZero("unacked", unackedBytes(row)),
    ...nonZero("retrans", row.retransmits),
    ...nonZero("lost", row.lost),
    ...nonZero("sacked", row.sacked),
    ...(row.reordering > 1 ? [`reordering:${decimals(row.reordering / 4, 2)}rtt`] : []),
  ];
}

function peerPieces(row: SocketStatus): string[] {
  return [
    // A FIN that is out counts as sequence number, not as data.
    ...nonZero("notsent", Math.max(0, row.sendQ - unackedBytes(row))),
    ...nonZero("minrtt", row.minRtt, milliseconds),
    ...nonZero("rcv_ooo", row.outOfOrder),
    `snd_wnd:${row.sndWnd}`,
    `rcv_wnd:${row.rcvWnd}`,
    ...nonZero("keep_probes", row.keepProbes),
  ];
}

// What it does at this moment, and why it does not send.
function nowPieces(row: SocketStatus): string[] {
  return [
    ...(row.phase === "OPEN" ? [] : [`phase:${spelled(row.phase)}`]),
    ...(row.blocked === "NOTHING" ? [] : [`blocked:${spelled(row.blocked)}`]),
  ];
}

function unackedBytes({ sndNxt, sndUna }: SocketStatus): number {
  return (sndNxt - sndUna) >>> 0;
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

/** Bits in a second as "1.2Gbps". */
function rate(bits: number): string {
  if (bits >= 1e9) return `${decimals(bits / 1e9, 1)}Gbps`;
  if (bits >= 1e6) return `${decimals(bits / 1e6, 1)}Mbps`;
  return bits >= 1e3 ? `${decimals(bits / 1e3, 1)}kbps` : `${Math.round(bits)}bps`;
}

/** At most so many decimals, without zeros at the end. */
function decimals(value: number, most: number): string {
  return String(Number(value.toFixed(most)));
}
