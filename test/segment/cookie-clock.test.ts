// The timestamps of cookies, in whose low bits stand options (RFC 4987 §3.6): they are never later than the clock, or
// what the connection sends next would look old to the peer (RFC 7323 §5.3).

import assert from "node:assert/strict";
import test from "node:test";
import { Player } from "./play.ts";
import { parseScript } from "./script.ts";

/** Milliseconds over which cookies are asked for: twice as many as the low bits can tell apart. */
const MOMENTS = 128;
/** How much earlier than the clock a cookie's timestamp may be. */
const MOST_EARLY = 64;

/** A SYN queue that is full, a SYN again and again, then the ACK of the last answer to it. */
function script(options: string): string {
  const full = [1, 2].map((n) => `+0 ${n}: < S 0:0(0) win 8000\n+0 ${n}: > S. 0:0(0) ack 1\n`).join("");
  const ask = `+0.001 3: < S 0:0(0) win 8000 <${options}, timestamp 1 0>\n+0 3: > S. 0:0(0) ack 1\n`;
  const open =
    "+0 3: < . 1:1(0) ack 1 win 8000 <timestamp 2 *>\n+0 3: accept\n+0 3: write 1\n+0 3: > P. 1:2(1) ack 1\n";
  return `// Cookies\n* profile tiny\n+0 listen\n${full}${ask.repeat(MOMENTS)}${open}`;
}

/** TSval of every segment of the stack in the third conversation, with the time in milliseconds. */
async function stamps(options: string): Promise<{ time: number; stamp: number }[]> {
  const player = await Player.create(parseScript("cookies", script(options)));
  const { machine, peer } = player;
  const found: { time: number; stamp: number }[] = [];
  const receive = peer.receive.bind(peer);
  peer.receive = (frame, reply) => {
    const read = receive(frame, reply);
    const data = read.tcp?.options.find(({ kind }) => kind === 8)?.data;
    if (data) found.push({ time: machine.now / 1000, stamp: new DataView(data.buffer, data.byteOffset).getUint32(0) });
    return read;
  };
  player.playSteps();
  return found;
}

for (const options of ["mss 1460", "mss 1460, sackOK", "mss 1460, wscale 0", "mss 1460, wscale 14, sackOK"]) {
  test(`a cookie's timestamp is not later than the clock, at any moment (options: ${options})`, async () => {
    const found = await stamps(options);
    assert.equal(found.length, MOMENTS + 1);
    const last = found.pop() ?? assert.fail();
    for (const { time, stamp } of found) {
      const clock = last.stamp - (last.time - time);
      assert.ok(stamp <= clock && stamp > clock - MOST_EARLY, `${stamp} at ${clock}`);
    }
  });
}
