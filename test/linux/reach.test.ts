// The kernel reaches the stack: ARP and ICMP echo, at every size that fits a frame, without losing one.

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { checkCaptures, damageLastEcho } from "./support/capture.ts";
import { KERNEL, Network, STACK, STACK_MAC } from "./support/network.ts";
import { skip } from "./support/requirements.ts";

describe("reaching the stack", () => {
  let network: Network;
  let stack: ChildProcess;

  before(async () => {
    if (skip) return;
    network = new Network();
    stack = await network.thimble(["echo", "7"]);
  });

  after(() => network?.close());

  for (const bytes of [56, 1472]) {
    it(`answers 1000 pings of ${bytes} bytes, 2 ms apart`, { skip }, async () => {
      const { stdout } = await network.run("ping", ["-q", "-c", "1000", "-i", "0.002", "-s", `${bytes}`, STACK]);
      assert.match(stdout.toString(), /1000 packets transmitted, 1000 received, 0% packet loss/);
      assert.doesNotMatch(stdout.toString(), /duplicates|corrupted|errors/);
    });
  }

  it("answers arping with the address of its adapter", { skip }, async () => {
    const { status, stdout } = await network.run("arping", ["-c", "3", "-w", "10", "-I", "tap0", "-s", KERNEL, STACK]);
    assert.equal(status, 0, stdout.toString());
    const answers = stdout.toString().match(/^Unicast reply from .*$/gm) ?? [];
    assert.equal(answers.length, 3, stdout.toString());
    for (const answer of answers) assert.ok(answer.toLowerCase().includes(`${STACK} [${STACK_MAC}]`), answer);
  });

  it("does not answer for an address that is not its own", { skip }, async () => {
    const { status } = await network.run("arping", ["-c", "1", "-w", "1", "-I", "tap0", "-s", KERNEL, "10.77.0.3"]);
    assert.equal(status, 1);
  });

  it("ends at Ctrl-C, at once and with exit code 0, and lets go of the TAP", { skip }, async () => {
    const start = performance.now();
    assert.equal(await network.stop(stack), 0);
    assert.ok(performance.now() - start < 10_000);
    const { stdout } = await network.run("cat", ["/sys/class/net/tap0/carrier"]);
    assert.equal(stdout.toString().trim(), "0");
  });

  it("sent nothing that Wireshark finds fault with", { skip }, () => checkCaptures(network));

  it("is checked by something that notices a single flipped bit", { skip }, async () => {
    damageLastEcho(network.captures[0] as string);
    await assert.rejects(checkCaptures(network), /1 of \d+ frames sent are bad/);
  });
});
