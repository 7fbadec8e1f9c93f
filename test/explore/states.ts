// Where the exploration starts from: for every state a segment script that leads there, in the notation of
// test/segment/README.md, and what RFC 9293 calls the variables then. Numbers count from the initial sequence number of
// their side. What the stack has promised to receive is read from the last segment that it has sent.

import {
  CLOSE_WAIT,
  CLOSED,
  CLOSING,
  type Connection,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  LISTEN,
  SYN_RECEIVED,
  SYN_SENT,
  TIME_WAIT,
} from "./connection.ts";

/** What the peer offers in every segment of the scripts, and its TSval in those that carry one. */
export const PEER_WINDOW = 1000;
export const PEER_TSVAL = 1000;

/** `tiny` and `eight` have so little memory that a snapshot is quickly put back. */
export type Profile = "tiny" | "eight" | "node";

/** Variables of a set-up; the others are as `standard` has them. */
type Variables = Partial<Omit<Connection, "rcvWnd" | "maxSndWnd" | "tsRecent" | "sackPermitted">> &
  Pick<Connection, "state">;

export interface SetUp {
  name: string;
  profile: Profile;
  /** `mss`: bytes of text in a full segment of the peer, options counted. */
  script: (mss: number) => string;
  variables: (mss: number) => Variables;
  /** Both sides can agree on timestamps in it; it is explored without and with them. */
  canBeStamped: boolean;
}

/** How far the peer's windows are shifted when options are agreed on. */
export const PEER_SHIFT = 2;

/** In a script `%S` stands for the options of a SYN, `%` and `%100` for the window and the options of other segments. */
export function withOptions(script: string, stamped: boolean): string {
  const timestamp = `nop, nop, timestamp ${PEER_TSVAL} *`;
  const onSyn = stamped ? `<mss 1000, sackOK, nop, wscale ${PEER_SHIFT}, ${timestamp}>` : "<mss 1000>";
  return script.replaceAll("%S", onSyn).replace(/%(\d*)/g, (_, other: string) => {
    const window = Number(other || PEER_WINDOW);
    return stamped ? `win ${window >> PEER_SHIFT} <${timestamp}>` : `win ${window}`;
  });
}

/** A connection that was just opened from our side, everything acknowledged. */
export function standard(variables: Variables): Omit<Connection, "rcvWnd" | "tsRecent" | "sackPermitted"> {
  return {
    passive: false,
    listener: "none",
    iss: 0,
    sndUna: 1,
    sndNxt: 1,
    sndWnd: PEER_WINDOW,
    sndWl1: 0,
    sndWl2: 1,
    maxSndWnd: PEER_WINDOW,
    finSent: false,
    irs: 0,
    rcvNxt: 1,
    held: [],
    heldFin: undefined,
    abandoned: false,
    ...variables,
  };
}

// The round trip is long, so that no retransmission falls into the time in which a delayed ACK is awaited.
const SYN_SENT_SCRIPT = `
+0   socket
+0   connect
+0   > S  0:0(0)`;
const OPEN = `${SYN_SENT_SCRIPT}
+0.4 < S. 0:0(0) ack 1 win ${PEER_WINDOW} %S
+0   > .  1:1(0) ack 1`;
/** One packet of window, of which the peer fills all but 100 bytes, or 88, or all. */
const ONE_PACKET = `
+0   socket
+0   setopt receive-packets 1
+0   connect
+0   > S  0:0(0)
+0.4 < S. 0:0(0) ack 1 win ${PEER_WINDOW} %S
+0   > .  1:1(0) ack 1`;
const NARROW = `${ONE_PACKET}
+0   < P. 1:1361(1360) ack 1 %
+0.04 > . 1:1(0) ack 1361`;
const shut = (mss: number): string => `${ONE_PACKET}
+0   < P. 1:${mss + 1}(${mss}) ack 1 %
+0.04 > . 1:1(0) ack ${mss + 1} win 0`;
const LISTENING = `
+0   listen`;
const HANDSHAKE = `${LISTENING}
+0   < S  0:0(0) win ${PEER_WINDOW} %S
+0   > S. 0:0(0) ack 1
+0.4 < .  1:1(0) ack 1 %`;
const ACCEPTED = `${HANDSHAKE}
+0   accept`;
/** A second connection stands in the listener's queue, which takes no third. */
const QUEUE_FULL = `
+0   2: < S  0:0(0) win ${PEER_WINDOW} %S
+0   2: > S. 0:0(0) ack 1
+0.1 2: < .  1:1(0) ack 1 %`;
const TIME_WAIT_ENTERED = `
+0   close
+0   > F. 1:1(0)
+0.4 < F. 1:1(0) ack 2 %
+0   > .  2:2(0) ack 2`;
const IN_FLIGHT = `
+0   write 100
+0   > P. 1:101(100)`;
const FIN_SENT = `
+0   > F. 1:1(0)`;
const TEXT_AND_FIN_SENT = `
+0   > FP. 1:101(100)`;
const PEER_FIN = `
+0   < F. 1:1(0) ack 1 %
+0   > .  1:1(0) ack 2`;
const REST = `
+0.1 (nothing)`;

/** Makes the neighbor known where the state itself has sent nothing yet. */
const RESET_FIRST = `
+0   < .  1:1(0) ack 1 win 1000
+0   > R  1:1(0)`;

interface Plain {
  name: string;
  script: string | SetUp["script"];
  variables: Variables | SetUp["variables"];
  profile?: Profile;
  canBeStamped?: boolean;
}

function setUp({ name, script, variables, profile = "tiny", canBeStamped = true }: Plain): SetUp {
  return {
    name,
    profile,
    script: (mss) => `${typeof script === "string" ? script : script(mss)}${REST}`,
    variables: (mss) => (typeof variables === "function" ? variables(mss) : variables),
    canBeStamped,
  };
}

const UNSYNCHRONIZED: SetUp[] = [
  setUp({ name: "CLOSED", script: RESET_FIRST, variables: { state: CLOSED }, canBeStamped: false }),
  setUp({
    name: "LISTEN",
    script: `${LISTENING}${RESET_FIRST}`,
    variables: { state: LISTEN, passive: true, listener: "ready" },
    canBeStamped: false,
  }),
  setUp({
    name: "SYN-SENT",
    script: SYN_SENT_SCRIPT,
    variables: { state: SYN_SENT, sndUna: 0, sndNxt: 1, sndWnd: 0 },
    canBeStamped: false,
  }),
  setUp({
    name: "SYN-RECEIVED, opened passively",
    script: `${LISTENING}\n+0 < S 0:0(0) win ${PEER_WINDOW} %S\n+0 > S. 0:0(0) ack 1`,
    variables: { state: SYN_RECEIVED, passive: true, listener: "ready", sndUna: 0, sndWnd: 0 },
  }),
  setUp({
    name: "SYN-RECEIVED, opened from both sides",
    script: `${SYN_SENT_SCRIPT}\n+0 < S 0:0(0) win ${PEER_WINDOW} %S\n+0 > S. 0:0(0) ack 1`,
    variables: { state: SYN_RECEIVED, sndUna: 0, sndWl2: 0 },
  }),
];

const OPENED: SetUp[] = [
  setUp({ name: "ESTABLISHED", script: OPEN, variables: { state: ESTABLISHED } }),
  setUp({
    name: "ESTABLISHED, accepted",
    script: `${ACCEPTED}\n+0 0: close`,
    variables: { state: ESTABLISHED, passive: true, sndWl1: 1 },
  }),
  setUp({
    name: "ESTABLISHED, waiting to be accepted",
    script: HANDSHAKE,
    variables: { state: ESTABLISHED, passive: true, listener: "ready", sndWl1: 1 },
  }),
  setUp({
    name: "ESTABLISHED, text in flight",
    script: `${OPEN}${IN_FLIGHT}`,
    variables: { state: ESTABLISHED, sndNxt: 101 },
  }),
  setUp({
    name: "ESTABLISHED, text sent again",
    script: `${OPEN}${IN_FLIGHT}\n+0.5~2 > P. 1:101(100)`,
    variables: { state: ESTABLISHED, sndNxt: 101 },
  }),
  setUp({
    name: "ESTABLISHED, the peer's window withdrawn",
    script: `${OPEN}\n+0 write 900\n+0 > P. 1:901(900)\n+0.1 < . 1:1(0) ack 1 %100`,
    variables: { state: ESTABLISHED, sndNxt: 901, sndWnd: 100, sndWl1: 1 },
  }),
  setUp({
    name: "ESTABLISHED, text behind a hole",
    script: `${OPEN}\n+0 < P. 101:201(100) ack 1 %\n+0 > . 1:1(0) ack 1`,
    variables: { state: ESTABLISHED, sndWl1: 101, held: [{ from: 101, to: 201 }] },
  }),
  setUp({
    name: "ESTABLISHED, text behind two holes",
    script: `${OPEN}
+0   < P. 301:401(100) ack 1 %
+0   > .  1:1(0) ack 1
+0   < P. 101:201(100) ack 1 %
+0   > .  1:1(0) ack 1`,
    variables: {
      state: ESTABLISHED,
      sndWl1: 301,
      held: [
        { from: 101, to: 201 },
        { from: 301, to: 401 },
      ],
    },
    profile: "eight",
  }),
  setUp({
    name: "ESTABLISHED, text and FIN behind a hole",
    script: `${OPEN}\n+0 < FP. 101:201(100) ack 1 %\n+0 > . 1:1(0) ack 1`,
    variables: { state: ESTABLISHED, sndWl1: 101, held: [{ from: 101, to: 201 }], heldFin: 201 },
  }),
  setUp({
    name: "ESTABLISHED, window narrow",
    script: NARROW,
    variables: { state: ESTABLISHED, rcvNxt: 1361, sndWl1: 1 },
  }),
  setUp({
    name: "ESTABLISHED, window shut",
    script: shut,
    variables: (mss) => ({ state: ESTABLISHED, rcvNxt: mss + 1, sndWl1: 1 }),
  }),
  setUp({
    name: "ESTABLISHED, window shut, text in flight",
    script: (mss) => `${shut(mss)}${IN_FLIGHT}`,
    variables: (mss) => ({ state: ESTABLISHED, rcvNxt: mss + 1, sndNxt: 101, sndWl1: 1 }),
  }),
];

const FIN_WAITS: SetUp[] = ["shutdown write", "close"].flatMap((call) => {
  const abandoned = call === "close";
  return [
    setUp({
      name: `FIN-WAIT-1 after ${call}`,
      script: `${OPEN}\n+0 ${call}${FIN_SENT}`,
      variables: { state: FIN_WAIT_1, sndNxt: 2, finSent: true, abandoned },
    }),
    setUp({
      name: `FIN-WAIT-1 after ${call}, text in flight`,
      script: `${OPEN}\n+0 write 100\n& ${call}${TEXT_AND_FIN_SENT}`,
      variables: { state: FIN_WAIT_1, sndNxt: 102, finSent: true, abandoned },
    }),
    setUp({
      name: `FIN-WAIT-2 after ${call}`,
      script: `${OPEN}\n+0 ${call}${FIN_SENT}\n+0.4 < . 1:1(0) ack 2 %`,
      variables: { state: FIN_WAIT_2, sndUna: 2, sndNxt: 2, sndWl1: 1, sndWl2: 2, finSent: true, abandoned },
    }),
    setUp({
      name: `CLOSING after ${call}`,
      script: `${OPEN}\n+0 ${call}${FIN_SENT}\n+0 < F. 1:1(0) ack 1 %\n+0 > . 2:2(0) ack 2`,
      variables: { state: CLOSING, sndNxt: 2, rcvNxt: 2, sndWl1: 1, finSent: true, abandoned },
    }),
    setUp({
      name: `CLOSING after ${call}, text in flight`,
      script: `${OPEN}\n+0 write 100\n& ${call}${TEXT_AND_FIN_SENT}\n+0 < F. 1:1(0) ack 1 %\n+0 > . 102:102(0) ack 2`,
      variables: { state: CLOSING, sndNxt: 102, rcvNxt: 2, sndWl1: 1, finSent: true, abandoned },
    }),
    setUp({
      name: `LAST-ACK after ${call}`,
      script: `${OPEN}${PEER_FIN}\n+0 ${call}${FIN_SENT}`,
      variables: { state: LAST_ACK, sndNxt: 2, rcvNxt: 2, sndWl1: 1, finSent: true, abandoned },
    }),
    setUp({
      name: `LAST-ACK after ${call}, text in flight`,
      script: `${OPEN}${PEER_FIN}\n+0 write 100\n& ${call}${TEXT_AND_FIN_SENT}`,
      variables: { state: LAST_ACK, sndNxt: 102, rcvNxt: 2, sndWl1: 1, finSent: true, abandoned },
    }),
  ];
});

const IN_TIME_WAIT: Variables = {
  state: TIME_WAIT,
  sndUna: 2,
  sndNxt: 2,
  rcvNxt: 2,
  finSent: true,
  abandoned: true,
};

const OTHERS: SetUp[] = [
  setUp({
    name: "FIN-WAIT-1 after shutdown write, window shut",
    script: (mss) => `${shut(mss)}\n+0 shutdown write${FIN_SENT}`,
    variables: (mss) => ({ state: FIN_WAIT_1, rcvNxt: mss + 1, sndNxt: 2, sndWl1: 1, finSent: true }),
  }),
  setUp({
    name: "FIN-WAIT-2 after shutdown write, text behind a hole",
    script: `${OPEN}\n+0 shutdown write${FIN_SENT}\n+0.4 < P. 101:201(100) ack 2 %\n+0 > . 2:2(0) ack 1`,
    variables: {
      state: FIN_WAIT_2,
      sndUna: 2,
      sndNxt: 2,
      sndWl1: 101,
      sndWl2: 2,
      finSent: true,
      held: [{ from: 101, to: 201 }],
    },
  }),
  setUp({
    name: "CLOSE-WAIT",
    script: `${OPEN}${PEER_FIN}`,
    variables: { state: CLOSE_WAIT, rcvNxt: 2, sndWl1: 1 },
  }),
  setUp({
    name: "CLOSE-WAIT, text in flight",
    script: `${OPEN}${PEER_FIN}${IN_FLIGHT}`,
    variables: { state: CLOSE_WAIT, rcvNxt: 2, sndNxt: 101, sndWl1: 1 },
  }),
  setUp({
    name: "CLOSE-WAIT, window shut",
    script: (mss) => `${NARROW}\n+0 < F. 1361:${mss + 1}(${mss - 1360}) ack 1 %\n+0 > . 1:1(0) ack ${mss + 2} win 0`,
    variables: (mss) => ({ state: CLOSE_WAIT, rcvNxt: mss + 2, sndWl1: 1361 }),
  }),
  setUp({ name: "TIME-WAIT", script: `${OPEN}${TIME_WAIT_ENTERED}`, variables: IN_TIME_WAIT }),
  setUp({
    name: "TIME-WAIT, a listener beside it",
    script: `${ACCEPTED}${TIME_WAIT_ENTERED}`,
    variables: { ...IN_TIME_WAIT, passive: true, listener: "ready" },
  }),
  setUp({
    name: "TIME-WAIT, a listener without room beside it",
    script: `${ACCEPTED.replace("listen", "listen backlog 1")}${QUEUE_FULL}${TIME_WAIT_ENTERED}`,
    variables: { ...IN_TIME_WAIT, passive: true, listener: "full" },
  }),
];

export const SET_UPS: readonly SetUp[] = [...UNSYNCHRONIZED, ...OPENED, ...FIN_WAITS, ...OTHERS];
