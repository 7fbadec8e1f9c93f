// Scripts that leave a machine with a socket in every state, for the fuzzer to throw frames at.

import { parseScript, type Script } from "../segment/script.ts";

/** Every state there is: fits profiles with at least 9 control blocks. */
const ALL_STATES = `
// A socket in every state of TCP
+0    listen backlog 4
// 1: SYN-SENT
+0    1: connect
+0    1: > S   0:0(0)
// 2: ESTABLISHED with unread, out-of-order and unacknowledged data
+0    2: connect
+0    2: > S   0:0(0)
+0    2: < S.  0:0(0) ack 1 win 4000 <mss 1000>
+0    2: > .   1:1(0) ack 1
+0    2: < P.  201:301(100) ack 1 win 4000
+0    2: > .   1:1(0) ack 1
+0    2: write 500
+0    2: > P.  1:501(500) ack 1
// 3: FIN-WAIT-1
+0    3: connect
+0    3: > S   0:0(0)
+0    3: < S.  0:0(0) ack 1 win 4000
+0    3: > .   1:1(0) ack 1
+0    3: shutdown write
+0    3: > F.  1:1(0) ack 1 = FIN-WAIT-1
// 4: FIN-WAIT-2
+0    4: connect
+0    4: > S   0:0(0)
+0    4: < S.  0:0(0) ack 1 win 4000
+0    4: > .   1:1(0) ack 1
+0    4: shutdown write
+0    4: > F.  1:1(0) ack 1
+0    4: < .   1:1(0) ack 2 win 4000 = FIN-WAIT-2
// 5: CLOSE-WAIT
+0    5: connect
+0    5: > S   0:0(0)
+0    5: < S.  0:0(0) ack 1 win 4000
+0    5: > .   1:1(0) ack 1
+0    5: < F.  1:1(0) ack 1 win 4000
+0    5: > .   1:1(0) ack 2 = CLOSE-WAIT
// 6: CLOSING
+0    6: connect
+0    6: > S   0:0(0)
+0    6: < S.  0:0(0) ack 1 win 4000
+0    6: > .   1:1(0) ack 1
+0    6: shutdown write
+0    6: > F.  1:1(0) ack 1
+0    6: < F.  1:1(0) ack 1 win 4000
+0    6: > .   2:2(0) ack 2 = CLOSING
// 7: LAST-ACK
+0    7: connect
+0    7: > S   0:0(0)
+0    7: < S.  0:0(0) ack 1 win 4000
+0    7: > .   1:1(0) ack 1
+0    7: < F.  1:1(0) ack 1 win 4000
+0    7: > .   1:1(0) ack 2
+0    7: shutdown write
+0    7: > F.  1:1(0) ack 2 = LAST-ACK
// 8: TIME-WAIT
+0    8: connect
+0    8: > S   0:0(0)
+0    8: < S.  0:0(0) ack 1 win 4000
+0    8: > .   1:1(0) ack 1
+0    8: close
+0    8: > F.  1:1(0) ack 1
+0    8: < F.  1:1(0) ack 2 win 4000
+0    8: > .   2:2(0) ack 2 = TIME-WAIT
// 9: SYN-RECEIVED after a simultaneous open
+0    9: connect
+0    9: > S   0:0(0)
+0    9: < S   0:0(0) win 4000
+0    9: > S.  0:0(0) ack 1 = SYN-RECEIVED
// 10: in the SYN queue
+0    10: < S  0:0(0) win 4000
+0    10: > S. 0:0(0) ack 1
`;

/** What a machine with four control blocks can hold at once. */
const FEW_STATES = `
// A socket in several states of TCP
+0    listen backlog 2
+0    1: connect
+0    1: > S   0:0(0)
+0    2: connect
+0    2: > S   0:0(0)
+0    2: < S.  0:0(0) ack 1 win 4000 <mss 1000>
+0    2: > .   1:1(0) ack 1
+0    2: < P.  201:301(100) ack 1 win 4000
+0    2: > .   1:1(0) ack 1
+0    2: write 500
+0    2: > P.  1:501(500) ack 1
+0    10: < S  0:0(0) win 4000
+0    10: > S. 0:0(0) ack 1
`;

export type ZooProfile = "node" | "tiny" | "eight";

/** The script for a profile, with the seed and the initial sequence number of the peer that a round asks for. */
export function zooScript(profile: ZooProfile, seed: number, peerIss: number): Script {
  const script = parseScript(`zoo of ${profile}, seed ${seed}`, profile === "node" ? ALL_STATES : FEW_STATES);
  script.directives.profile = profile;
  script.directives.seed = seed;
  script.directives.peerIss = peerIss >>> 0;
  return script;
}
