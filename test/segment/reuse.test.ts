// What needs arithmetic that scripts do not have: how initial sequence numbers relate to those of an earlier connection
// between the same ends.

import assert from "node:assert/strict";
import test from "node:test";
import { Player } from "./play.ts";
import { parseScript } from "./script.ts";

/** 14,600 bytes in a few milliseconds, faster than the clock behind sequence numbers; then a SYN in TIME-WAIT. */
const FAST = `
+0     listen
+0     < S   0:0(0) win 65535 <mss 1460>
+0     > S.  0:0(0) ack 1
+0.001 < .   1:1(0) ack 1 win 65535
+0     accept
+0     write 14600
+0     > .   1:1461(1460) ack 1
+0     > .   1461:2921(1460) ack 1
+0     > .   2921:4381(1460) ack 1
+0     > .   4381:5841(1460) ack 1
+0     > .   5841:7301(1460) ack 1
+0     > .   7301:8761(1460) ack 1
+0     > .   8761:10221(1460) ack 1
+0     > .   10221:11681(1460) ack 1
+0     > .   11681:13141(1460) ack 1
+0     > P.  13141:14601(1460) ack 1
+0.001 < .   1:1(0) ack 14601 win 65535
+0     close
+0     > F.  14601:14601(0) ack 1
+0.001 < F.  1:1(0) ack 14602 win 65535
+0     > .   14602:14602(0) ack 2 = TIME-WAIT
+0.001 (new iss 5000)
+0     < S   0:0(0) win 65535
+0     > S.  0:0(0) ack 1
`;

// Shows: MAY-2
test("a connection reopened from TIME-WAIT starts beyond all that the old one has sent (RFC 9293 §3.6.1)", async () => {
  const player = await Player.create(parseScript("reuse", `// A fast connection\n${FAST}`));
  player.playSteps();
  const first = player.firstIss ?? 0;
  const second = player.peer.conversation(1).ourIss ?? 0;
  const distance = (second - first) | 0;
  assert.ok(
    distance > 14_602,
    `the second ISS lies ${distance} behind the first, the old connection used 14602 numbers`,
  );
});

// Shows: SHLD-1, MUST-9
test("connections between different ends, and after another start, have unrelated sequence numbers (RFC 9293 §3.4.1)", async () => {
  const open = "// Two connections\n+0 1: connect\n+0 1: > S 0:0(0)\n+0 2: connect\n+0 2: > S 0:0(0)\n";
  const chosen = new Set<number>();
  for (const seed of [1, 2]) {
    const player = await Player.create(parseScript("unrelated", `${open}* seed ${seed}\n`));
    player.playSteps();
    for (const number of [1, 2]) chosen.add(player.peer.conversation(number).ourIss ?? 0);
  }
  const numbers = [...chosen].sort((a, b) => a - b);
  assert.equal(numbers.length, 4);
  // Within a second the clock alone would put them 250,000 apart at most.
  for (let i = 1; i < numbers.length; i++) assert.ok(numbers[i] - numbers[i - 1] > 250_000, numbers.join(" "));
});
