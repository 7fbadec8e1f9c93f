// How many challenge ACKs go out in a second (RFC 5961 §7), which takes more segments than a script should list.

import test from "node:test";
import { play } from "./play.ts";
import { parseScript } from "./script.ts";

/** What the stack sends in a second at most, over all connections. */
const LIMIT = 100;

const OPEN = `
+0    1: connect
+0    1: > S   0:0(0)
+0    1: < S.  0:0(0) ack 1 win 65535
+0    1: > .   1:1(0) ack 1
+0    2: connect
+0    2: > S   0:0(0)
+0    2: < S.  0:0(0) ack 1 win 65535
+0    2: > .   1:1(0) ack 1
+0    listen
+0    3: < S   0:0(0) win 65535
+0    3: > S.  0:0(0) ack 1
`;
/** Resets in the window, but not at RCV.NXT. */
const CHALLENGED = "+0 1: < R 100:100(0) win 0\n+0 1: > . 1:1(0) ack 1\n";
const IGNORED = "+0 1: < R 100:100(0) win 0\n";

const SCRIPT = `// Challenges
${OPEN}
+0.1  (nothing)
${CHALLENGED.repeat(LIMIT)}
+0    counter TcpInChallenged = ${LIMIT}
${IGNORED}
+0    2: < S 50:50(0) win 65535
+0    3: < R 100:100(0) win 0
+0    counter TcpInChallenged = ${LIMIT}
// what is no challenge is not limited
+0    3: < .   0:0(0) ack 1 win 65535
+0    3: > .   1:1(0) ack 1
+0.8  ${IGNORED.slice(2)}
+0    3: < R 1:1(0) win 0
// the next second has its own
+0.2  (nothing)
${CHALLENGED.repeat(LIMIT)}
${IGNORED}
+0    counter TcpInChallenged = ${2 * LIMIT}
`;

test(`no more than ${LIMIT} challenge ACKs go out in a second, over all connections (RFC 5961 §7)`, async () => {
  await play(parseScript("challenges", SCRIPT));
});
