// Socket calls in every order: for every kind of socket and every state that a first call (and perhaps the peer) has
// led to, what each second call answers. The answers are Berkeley's; where Linux and the BSDs differ, the table says
// what this stack has chosen: a socket whose connection is over cannot open another (EINVAL), and still knows who its
// peer was. Each cell is tried on a machine of its own.

import assert from "node:assert/strict";
import { Errno } from "../../assembly/abi/errno.ts";
import { Shutdown, SocketKind, SocketOption } from "../../assembly/abi/sockets.ts";
import { test } from "../runner/recorded.ts";
import { Machine } from "../segment/machine.ts";
import { OUR_IP, OUR_MAC, PEER_IP, PREFIX_LENGTH } from "../segment/peer.ts";
import { Player } from "../segment/play.ts";
import { parseScript } from "../segment/script.ts";

/** A port, and a protocol upon IP. */
const NUMBER = 250;

/** The second call. `ok` below stands for any answer that is not negative. */
const CALLS: Readonly<Record<string, (machine: Machine, fd: number) => number>> = {
  bind: (machine, fd) => machine.call("bind", fd, machine.putAddress(new Uint8Array(4)), NUMBER),
  connect: (machine, fd) => machine.call("connect", fd, machine.putAddress(PEER_IP), NUMBER),
  listen: (machine, fd) => machine.call("listen", fd, 4),
  accept: (machine, fd) => machine.call("accept", fd),
  write: (machine, fd) => {
    const room = machine.call("sendRoom", fd);
    return room < 0 ? room : machine.call("sendCommit", fd, 1);
  },
  sendTo: (machine, fd) => {
    machine.call("sendRoom", fd);
    return machine.call("sendTo", fd, 1, machine.putAddress(PEER_IP), NUMBER);
  },
  read: (machine, fd) => machine.call("recvPeek", fd),
  shutdown: (machine, fd) => machine.call("shutdown", fd, Shutdown.WRITE),
  nodelay: (machine, fd) => machine.call("setOption", fd, SocketOption.NO_DELAY, 1),
  error: (machine, fd) => machine.call("getOption", fd, SocketOption.ERROR),
  local: (machine, fd) => machine.call("localName", fd),
  peer: (machine, fd) => machine.call("peerName", fd),
  close: (machine, fd) => machine.call("close", fd),
  abort: (machine, fd) => machine.call("abort", fd),
};

const OPEN = `
+0    connect
+0    > S   0:0(0)
+0.02 < S.  0:0(0) ack 1 win 65535 <mss 1460>
+0    > .   1:1(0) ack 1
`;

/** The conversation that stands for the listener in scripts. */
const LISTENER = 0;

/** How a stream socket gets into each state, as a segment script; the socket is that of conversation 1. */
const STREAM_STATES: Readonly<Record<string, string>> = {
  created: "+0 socket",
  bound: "+0 bind 6000",
  listening: "+0 listen",
  connecting: "+0 connect\n+0 > S 0:0(0)",
  refused: "+0 connect\n+0 > S 0:0(0)\n+0 < R. 0:0(0) ack 1 win 0",
  "refused, told": "+0 connect\n+0 > S 0:0(0)\n+0 < R. 0:0(0) ack 1 win 0\n+0 error = -ECONNREFUSED",
  connected: OPEN,
  accepted: "+0 listen\n+0 < S 0:0(0) win 65535\n+0 > S. 0:0(0) ack 1\n+0 < . 1:1(0) ack 1 win 65535\n+0 accept",
  readable: `${OPEN}+0 < P. 1:8(7) ack 1 win 65535\n+0.04 > . 1:1(0) ack 8`,
  "shut for writing": `${OPEN}+0 shutdown write\n+0 > F. 1:1(0) ack 1`,
  "shut for reading": `${OPEN}+0 shutdown read`,
  "peer has ended": `${OPEN}+0 < F. 1:1(0) ack 1 win 65535\n+0 > . 1:1(0) ack 2`,
  "both have ended": `${OPEN}+0 shutdown write\n+0 > F. 1:1(0) ack 1\n+0 < F. 1:1(0) ack 2 win 65535\n+0 > . 2:2(0) ack 2`,
  reset: `${OPEN}+0 < R 1:1(0) win 0`,
  "reset, told": `${OPEN}+0 < R 1:1(0) win 0\n+0 error = -ECONNRESET`,
};

const STREAMS = `
state            | bind   connect    listen accept write       sendTo   read        shutdown nodelay error        local peer    close abort
created          | ok     INPROGRESS ok     INVAL  NOTCONN     NOTCONN  NOTCONN     NOTCONN  ok      0            ok    NOTCONN ok    ok
bound            | INVAL  INPROGRESS ok     INVAL  NOTCONN     NOTCONN  NOTCONN     NOTCONN  ok      0            ok    NOTCONN ok    ok
listening        | INVAL  OPNOTSUPP  ok     AGAIN  NOTCONN     NOTCONN  NOTCONN     NOTCONN  ok      0            ok    NOTCONN ok    ok
connecting       | INVAL  ALREADY    INVAL  INVAL  AGAIN       NOTCONN  AGAIN       NOTCONN  ok      0            ok    NOTCONN ok    ok
refused          | INVAL  INVAL      INVAL  INVAL  CONNREFUSED NOTCONN  CONNREFUSED NOTCONN  ok      CONNREFUSED  ok    NOTCONN ok    ok
refused, told    | INVAL  INVAL      INVAL  INVAL  PIPE        NOTCONN  0           NOTCONN  ok      0            ok    NOTCONN ok    ok
connected        | INVAL  ISCONN     INVAL  INVAL  1           ISCONN   AGAIN       ok       ok      0            ok    ok      ok    ok
accepted         | INVAL  ISCONN     INVAL  INVAL  1           ISCONN   AGAIN       ok       ok      0            ok    ok      ok    ok
readable         | INVAL  ISCONN     INVAL  INVAL  1           ISCONN   7           ok       ok      0            ok    ok      ok    ok
shut for writing | INVAL  ISCONN     INVAL  INVAL  PIPE        ISCONN   AGAIN       ok       ok      0            ok    ok      ok    ok
shut for reading | INVAL  ISCONN     INVAL  INVAL  1           ISCONN   0           ok       ok      0            ok    ok      ok    ok
peer has ended   | INVAL  ISCONN     INVAL  INVAL  1           ISCONN   0           ok       ok      0            ok    ok      ok    ok
both have ended  | INVAL  INVAL      INVAL  INVAL  PIPE        NOTCONN  0           NOTCONN  ok      0            ok    ok      ok    ok
reset            | INVAL  INVAL      INVAL  INVAL  CONNRESET   NOTCONN  CONNRESET   NOTCONN  ok      CONNRESET    ok    ok      ok    ok
reset, told      | INVAL  INVAL      INVAL  INVAL  PIPE        NOTCONN  0           NOTCONN  ok      0            ok    ok      ok    ok
`;

/** What is called on a new datagram socket before the call in question. */
const DATAGRAM_STATES: Readonly<Record<string, readonly string[]>> = {
  created: [],
  bound: ["bind"],
  connected: ["connect"],
  "has sent": ["sendTo"],
};

const DATAGRAMS = `
state            | bind   connect    listen    accept    write       sendTo   read  shutdown  nodelay   error local peer    close abort
created          | ok     ok         OPNOTSUPP OPNOTSUPP NOTCONN     1        AGAIN OPNOTSUPP OPNOTSUPP 0     ok    NOTCONN ok    ok
bound            | INVAL  ok         OPNOTSUPP OPNOTSUPP NOTCONN     1        AGAIN OPNOTSUPP OPNOTSUPP 0     ok    NOTCONN ok    ok
connected        | INVAL  ok         OPNOTSUPP OPNOTSUPP 1           1        AGAIN OPNOTSUPP OPNOTSUPP 0     ok    ok      ok    ok
has sent         | INVAL  ok         OPNOTSUPP OPNOTSUPP NOTCONN     1        AGAIN OPNOTSUPP OPNOTSUPP 0     ok    NOTCONN ok    ok
`;

/** A raw socket has a protocol for a port: to send it needs none of its own. */
const RAWS = DATAGRAMS.replace("has sent         | INVAL", "has sent         | ok   ");

interface Row {
  state: string;
  /** What each call must answer, by its name. */
  answers: [string, string][];
}

function readTable(text: string): Row[] {
  const [head, ...lines] = text.trim().split("\n");
  const calls = head.split("|")[1].trim().split(/\s+/);
  return lines.map((line) => {
    const [state, cells] = line.split("|");
    const answers = cells.trim().split(/\s+/);
    assert.equal(answers.length, calls.length, line);
    return { state: state.trim(), answers: calls.map((call, i) => [call, answers[i]]) };
  });
}

/** An answer in the words of the tables: an error without its E, `ok`, or the number where it means something. */
function answerOf(call: string, value: number): string {
  if (value < 0) return (Errno[-value] ?? String(value)).slice(1);
  if (call === "error") return value === 0 ? "0" : Errno[value].slice(1);
  return ["write", "sendTo", "read"].includes(call) ? String(value) : "ok";
}

async function streamIn(state: string): Promise<{ machine: Machine; fd: number }> {
  const player = await Player.create(parseScript(`state ${state}`, `// ${state}\n${STREAM_STATES[state]}\n`));
  player.playSteps();
  const fd = player.descriptor(state === "listening" ? LISTENER : 1);
  assert.ok(fd !== undefined);
  return { machine: player.machine, fd };
}

async function datagramIn(kind: SocketKind, state: string): Promise<{ machine: Machine; fd: number }> {
  const machine = await Machine.create({ profile: "node", seed: 1, start: 1_000_000 });
  machine.addAdapter(OUR_MAC, OUR_IP, PREFIX_LENGTH);
  const fd = machine.call("socket", kind, 1);
  for (const call of DATAGRAM_STATES[state]) assert.ok(CALLS[call](machine, fd) >= 0);
  machine.poll();
  return { machine, fd };
}

const KINDS = [
  { name: "stream", kind: SocketKind.STREAM, table: STREAMS },
  { name: "datagram", kind: SocketKind.DATAGRAM, table: DATAGRAMS },
  { name: "echo", kind: SocketKind.ECHO, table: DATAGRAMS },
  { name: "raw", kind: SocketKind.RAW, table: RAWS },
];

for (const { name, kind, table } of KINDS) {
  for (const { state, answers } of readTable(table)) {
    test(`${name} socket, ${state}: what each call answers`, async () => {
      const got: [string, string][] = [];
      for (const [call] of answers) {
        const { machine, fd } = await (kind === SocketKind.STREAM ? streamIn(state) : datagramIn(kind, state));
        got.push([call, answerOf(call, CALLS[call](machine, fd))]);
      }
      assert.deepEqual(Object.fromEntries(got), Object.fromEntries(answers));
    });
  }
}

for (const { name, kind } of KINDS) {
  // Shows: MAY-1
  test(`${name} socket: after close or abort every call answers EBADF, also when another socket has its place`, async () => {
    for (const end of ["close", "abort"] as const) {
      const machine = await Machine.create({ profile: "node", seed: 1, start: 1_000_000 });
      machine.addAdapter(OUR_MAC, OUR_IP, PREFIX_LENGTH);
      const stale = machine.call("socket", kind, 1);
      assert.equal(machine.call(end, stale), 0);
      const heir = machine.call("socket", kind, 1);
      assert.ok(heir >= 0 && heir !== stale);
      for (const [call, perform] of Object.entries(CALLS)) {
        assert.equal(answerOf(call, perform(machine, stale)), "BADF", call);
      }
      assert.equal(machine.call("recvConsume", stale, 0), -Errno.EBADF);
      assert.equal(machine.call("close", heir), 0);
    }
  });
}

test("descriptors that never were answer EBADF, unknown kinds EPROTONOSUPPORT, too many sockets ENFILE", async () => {
  const machine = await Machine.create({ profile: "tiny", seed: 1, start: 1_000_000 });
  machine.addAdapter(OUR_MAC, OUR_IP, PREFIX_LENGTH);
  for (const fd of [-1, 0, 1, 77, 0x7fffffff, -0x80000000]) {
    for (const [call, perform] of Object.entries(CALLS)) {
      assert.equal(answerOf(call, perform(machine, fd)), "BADF", `${call}(${fd})`);
    }
  }
  assert.equal(machine.call("socket", 9, 1), -Errno.EPROTONOSUPPORT);
  const { TCBS } = machine.core.constants;
  for (let i = 0; i < TCBS; i++) assert.ok(machine.call("socket", SocketKind.STREAM, 1) >= 0);
  assert.equal(machine.call("socket", SocketKind.STREAM, 1), -Errno.ENFILE);
});

test("a port that is taken answers EADDRINUSE, an address that is not ours EADDRNOTAVAIL, no route ENETUNREACH", async () => {
  const machine = await Machine.create({ profile: "node", seed: 1, start: 1_000_000 });
  machine.addAdapter(OUR_MAC, OUR_IP, PREFIX_LENGTH);
  const anyAddress = (): number => machine.putAddress(new Uint8Array(4));
  for (const kind of [SocketKind.STREAM, SocketKind.DATAGRAM]) {
    const [first, second] = [machine.call("socket", kind, 1), machine.call("socket", kind, 1)];
    assert.equal(machine.call("bind", first, anyAddress(), 6001), 0);
    assert.equal(machine.call("bind", second, anyAddress(), 6001), -Errno.EADDRINUSE);
    assert.equal(machine.call("bind", second, machine.putAddress(PEER_IP), 6002), -Errno.EADDRNOTAVAIL);
    assert.equal(machine.call("bind", second, anyAddress(), 65_536), -Errno.EINVAL);
    assert.equal(machine.call("bind", second, 0xffff_fff8, 6002), -Errno.EFAULT);
    const stranger = (): number => machine.putAddress(Uint8Array.of(192, 0, 2, 1));
    assert.equal(machine.call("connect", second, stranger(), 80), -Errno.ENETUNREACH);
    assert.equal(machine.call("connect", second, 0xffff_fff8, 80), -Errno.EFAULT);
    // Towards nobody: a datagram socket has no peer any more.
    const towardsNobody = machine.call("connect", second, anyAddress(), 80);
    assert.equal(towardsNobody, kind === SocketKind.STREAM ? -Errno.EINVAL : 0);
  }
});
