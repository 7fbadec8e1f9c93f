// The kernel and the stack over IPv6: neighbors find each other, echoes, streams and datagrams come back, and an address
// that the kernel has is not taken.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { checkCaptures } from "./support/capture.ts";
import { sha256, writeRandomFile } from "./support/files.ts";
import { Network, TAP } from "./support/network.ts";
import { skip } from "./support/requirements.ts";

const KERNEL = "2001:db8:77::1";
const STACK = "2001:db8:77::2";

describe("over IPv6", () => {
  let network: Network;

  before(async () => {
    if (skip) return;
    network = new Network();
    network.addAddress6(`${KERNEL}/64`);
    const stack = await network.thimble(["echo", "7", "--address", `${STACK}/64`]);
    // It has answered over IPv4 before it has made sure of its other address.
    while ((await network.run("ping", ["-c", "1", "-W", "1", STACK])).status !== 0) assert.equal(stack.exitCode, null);
  });

  after(() => network?.close());

  for (const bytes of [56, 1452]) {
    it(`answers 200 pings of ${bytes} bytes`, { skip }, async () => {
      const { stdout } = await network.run("ping", ["-q", "-c", "200", "-i", "0.002", "-s", `${bytes}`, STACK]);
      assert.match(stdout.toString(), /200 packets transmitted, 200 received, 0% packet loss/);
    });
  }

  it("returns all of 1 MB over TCP", { skip }, async () => {
    const file = join(network.folder, "1 MB");
    const sent = writeRandomFile(file, 1_000_000);
    const { status, stdout, stderr } = await network.run("nc", ["-N", STACK, "7"], file);
    assert.equal(status, 0, stderr);
    assert.equal(sha256(stdout), sent);
  });

  it("returns datagrams over UDP, as large as a frame takes", { skip }, async () => {
    for (const bytes of [1, 1452]) {
      const file = join(network.folder, "datagram");
      writeFileSync(file, "d".repeat(bytes));
      const { stdout } = await network.run("nc", ["-u", "-w", "1", STACK, "7"], file);
      assert.equal(stdout.toString(), "d".repeat(bytes));
    }
  });

  it("sent nothing that Wireshark finds fault with", { skip }, () => checkCaptures(network));
});

describe("asking the kernel over IPv6", () => {
  let network: Network;

  before(() => {
    if (skip) return;
    network = new Network();
    network.addAddress6(`${KERNEL}/64`);
    network.addAddress6("fe80::77/64");
  });

  after(() => network?.close());

  for (const target of [KERNEL, "fe80::77%0"]) {
    it(`pings ${target}`, { skip }, async () => {
      const ping = ["ping", target, "-c", "3", "-i", "0.05", "--address", `${STACK}/64`];
      const { status, stdout, stderr } = await network.thimbleToItsEnd(ping);
      assert.equal(status, 0, stderr);
      assert.match(stdout.toString(), /3 packets transmitted, 3 received/);
    });
  }

  it(`leaves ${KERNEL} to the kernel on ${TAP}, and does with the address that is left`, { skip }, async () => {
    const ping = ["ping", KERNEL, "-c", "1", "--address", `${KERNEL}/64`];
    const { status, stderr } = await network.thimbleToItsEnd(ping);
    assert.equal(status, 1);
    assert.ok(stderr.includes(`Another machine on tap:${TAP} has ${KERNEL} already; the stack does without.`), stderr);
  });
});
