// Run by tap.test.ts inside a network namespace: answers ARP and ping on a TAP by hand, without a core, tries what
// must be refused, closes the TAP and then must exit by itself.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { InputError } from "../../host/errors.ts";
import { openTap } from "../../host/wire/tap.ts";

const OURS = [0x02, 0, 0, 0, 0, 0x77];
const report: Record<string, unknown> = {};

const tap = await openTap("tap0");
execFileSync("ip", ["address", "add", "10.9.9.1/24", "dev", "tap0"]);
execFileSync("ip", ["link", "set", "tap0", "up"]);
report.mtu = tap.mtu;
let shortest = 9999;
tap.attach({
  receive: (frame) => {
    shortest = Math.min(shortest, frame.length);
    const reply = answer(frame);
    if (reply !== null) tap.send(reply);
  },
  linkChanged: () => {},
});

const ping = spawn("ping", ["-q", "-c", "50", "-i", "0.005", "-s", "1400", "10.9.9.2"]);
let text = "";
ping.stdout.on("data", (chunk) => {
  text += chunk;
});
await once(ping, "close");
report.received = Number(/(\d+) received/.exec(text)?.[1]);
report.shortest = shortest;
report.busy = await refusalOf("tap0");
report.otherKind = await refusalOf("lo");
tap.close();
tap.close();
report.up = tap.up;
process.setuid?.(65534);
report.forbidden = await refusalOf("tap1");
console.log(JSON.stringify(report));

async function refusalOf(name: string): Promise<{ code: string; message: string }> {
  try {
    (await openTap(name)).close();
    return { code: "none", message: "" };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { code: error.code, message: error.message };
  }
}

/** The reply to an ARP request or a ping for whatever address; null for other frames. */
function answer(frame: Uint8Array): Uint8Array | null {
  const reply = frame.slice();
  const type = (frame[12] << 8) | frame[13];
  if (type === 0x0806 && frame[21] === 1) {
    reply.set(frame.subarray(22, 32), 32);
    reply.set(OURS, 22);
    reply.set(frame.subarray(38, 42), 28);
    reply[21] = 2;
  } else if (type === 0x0800 && frame[23] === 1 && frame[34] === 8) {
    reply.set(frame.subarray(26, 30), 30);
    reply.set(frame.subarray(30, 34), 26);
    reply[34] = 0;
    // The type went from 8 to 0, so its one's complement goes up by as much, with the carry brought round.
    const sum = ((frame[36] << 8) | frame[37]) + 0x0800;
    const folded = (sum & 0xffff) + (sum >> 16);
    reply[36] = folded >> 8;
    reply[37] = folded;
  } else {
    return null;
  }
  reply.set(frame.subarray(6, 12));
  reply.set(OURS, 6);
  return reply;
}
