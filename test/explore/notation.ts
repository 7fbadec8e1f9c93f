// Cases for people to read, in the notation of segment scripts (test/segment/README.md), and to play as one.

import { Errno } from "../../assembly/abi/errno.ts";
import { State } from "../../assembly/abi/status.ts";
import { FLAG_BITS } from "../segment/frames.ts";
import { ACK, type Connection, type Outcome, type Range, type Reply, type Segment, SYN } from "./connection.ts";
import type { Sent } from "./frames.ts";
import type { Observation } from "./rig.ts";
import { offset } from "./sequence.ts";
import { PEER_SHIFT } from "./states.ts";

/** The step that injects `segment`: `< F. 1:1(0) ack 1 win 1200`. */
export function injected(connection: Connection, segment: Segment): string {
  const { seq, ack, flags, text, timestamp, window } = segment;
  const first = offset(connection.irs, seq);
  const shift = connection.tsRecent === undefined || flags & SYN ? 0 : PEER_SHIFT;
  const options = timestamp === undefined ? "" : ` <nop, nop, timestamp ${timestamp} *>`;
  const acknowledges = flags & ACK ? ` ack ${offset(connection.iss, ack)}` : "";
  return `< ${letters(flags)} ${first}:${first + text}(${text})${acknowledges} win ${window >> shift}${options}`;
}

/** What the reference says, as the answer and the state. */
export function expectation(connection: Connection, outcome: Outcome): string {
  const { reply, after, delivered, error, restarted } = outcome;
  const answer = reply === undefined ? "nothing" : `> ${replied(connection, reply)}${reply.atOnce ? " at once" : ""}`;
  const extras = [
    `text +${delivered}`,
    `SND.UNA ${offset(connection.iss, after.sndUna)}`,
    `RCV.NXT ${offset(connection.irs, after.rcvNxt)}`,
    `SND.WND ${after.sndWnd}`,
    error,
    restarted && "2 MSL anew",
  ];
  return `${answer}, ${stateName(after.state)} (${extras.filter(Boolean).join(", ")})`;
}

/** What the stack did, in the same words. */
export function observation(connection: Connection, start: Observation, seen: Observation): string {
  const answers = seen.sent.map((sent) => {
    const moment = sent.moment === 0 ? "at once" : `after ${sent.moment / 1000} ms`;
    return `> ${sentSegment(connection, sent)} ${moment}`;
  });
  const extras = [
    `text +${seen.readable - start.readable}`,
    `SND.UNA ${offset(connection.iss, seen.sndUna)}`,
    `RCV.NXT ${offset(connection.irs, seen.rcvNxt)}`,
    `SND.WND ${seen.sndWnd}`,
    seen.held > 0 && `${seen.held} behind holes`,
    seen.error !== 0 && Errno[seen.error],
    seen.wrongBytes > 0 && `${seen.wrongBytes} wrong bytes`,
  ];
  return `${answers.join(" ") || "nothing"}, ${stateName(seen.state)} (${extras.filter(Boolean).join(", ")})`;
}

export function stateName(state: State): string {
  return State[state].replace(/_/g, "-");
}

function letters(flags: number): string {
  const found = Object.entries(FLAG_BITS).filter(([, bit]) => flags & bit);
  return found.map(([letter]) => letter).join("") || "-";
}

function replied(connection: Connection, { flags, seq, ack, echo, sack }: Reply): string {
  const first = seq === undefined ? "?" : offset(connection.iss, seq);
  const acknowledges = ack === undefined ? "" : ` ack ${offset(connection.irs, ack)}`;
  return `${letters(flags)} ${first}:${first}(0)${acknowledges}${options(connection, echo, sack ?? [])}`;
}

function sentSegment(connection: Connection, { flags, seq, ack, text, window, echo, sack }: Sent): string {
  const first = offset(connection.iss, seq);
  const acknowledges = flags & ACK ? ` ack ${offset(connection.irs, ack)}` : "";
  const end = `win ${window}${options(connection, echo, sack)}`;
  return `${letters(flags)} ${first}:${first + text}(${text})${acknowledges} ${end}`;
}

function options({ irs }: Connection, echo: number | undefined, sack: readonly Range[]): string {
  const blocks = sack.map(({ from, to }) => `${offset(irs, from)}:${offset(irs, to)}`).join(" ");
  const found = [echo === undefined ? "" : `timestamp * ${echo}`, blocks && `sack ${blocks}`].filter(Boolean);
  return found.length === 0 ? "" : ` <${found.join(", ")}>`;
}
