// Datagrams of up to 64 KB between the kernel and the stack, in fragments both ways: pings of both, and echoes of UDP, over
// a good wire and over one that changes the order and doubles frames.

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { checkCaptures } from "./support/capture.ts";
import { KERNEL, Network, STACK } from "./support/network.ts";
import { skip } from "./support/requirements.ts";

const SIZES = [1472, 1473, 2952, 2953, 8000, 30_000, 65_507];

/** Sends datagrams of those sizes to an echo, one after the other, and prints how many came back with the same bytes. */
const ASK_ECHO = `
  const { randomBytes } = require("node:crypto");
  const socket = require("node:dgram").createSocket("udp4");
  const left = ${JSON.stringify(SIZES)};
  let asked = null;
  let right = 0;
  const end = () => { console.log(right); socket.close(); };
  const ask = () => {
    if (left.length === 0) return end();
    asked = randomBytes(left.shift());
    clearTimeout(timer);
    timer = setTimeout(end, 5000);
    socket.send(asked, 7, "${STACK}", (error) => error && console.error(error));
  };
  let timer;
  socket.on("message", (answer) => {
    if (!answer.equals(asked)) return;
    right++;
    clearTimeout(timer);
    ask();
  });
  socket.bind(ask);
`;

for (const [wire, impairments] of [
  ["a good wire", ""],
  ["a wire that shuffles and doubles", ",reorder=10%,duplicate=5%,delay=5ms"],
] as const) {
  describe(`64 KB over ${wire}`, () => {
    let network: Network;
    let stack: ChildProcess;

    before(async () => {
      if (skip) return;
      network = new Network();
      stack = await network.thimble(["echo", "7"], impairments);
    });

    after(() => network?.close());

    it("the kernel's pings of 65,000 bytes are answered", { skip }, async () => {
      const { stdout, status } = await network.run("ping", ["-c", "20", "-i", "0.05", "-W", "2", "-s", "65000", STACK]);
      assert.equal(status, 0, stdout.toString());
      assert.match(stdout.toString(), /20 received|20 packets received/);
    });

    it("every datagram comes back from the stack's echo", { skip }, async () => {
      const { stdout, stderr } = await network.run(process.execPath, ["-e", ASK_ECHO]);
      assert.equal(stdout.toString().trim(), `${SIZES.length}`, stderr);
      const counters = await network.ask<Record<string, number>>(stack, "netstat", "-s");
      assert.ok(counters.IpReasmOKs > 0 && counters.IpFragOKs > 0, "nothing came in fragments");
    });

    it("sent nothing that Wireshark finds fault with", { skip }, () => checkCaptures(network));
  });
}

describe("thimble ping", () => {
  let network: Network;

  before(() => {
    if (!skip) network = new Network();
  });

  after(() => network?.close());

  it("asks the kernel for as much as a datagram holds", { skip }, async () => {
    const args = ["ping", KERNEL, "--count", "5", "--interval", "0.1", "--size", "65507", "--json"];
    const { stdout, stderr, status } = await network.thimbleToItsEnd(args);
    assert.equal(status, 0, stderr);
    const { received, replies } = JSON.parse(stdout.toString()) as { received: number; replies: { bytes: number }[] };
    assert.equal(received, 5);
    assert.ok(replies.every(({ bytes }) => bytes === 65_507));
    await checkCaptures(network);
  });
});
