// Debian's iperf3 on both sides: as the client of ours, and as the server that ours asks.

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { checkCaptures } from "./support/capture.ts";
import { FULL, KERNEL, KERNEL_6, Network, STACK, STACK_6 } from "./support/network.ts";
import { skipWithout } from "./support/requirements.ts";

const skip = skipWithout("iperf3");
const SECONDS = FULL ? "5" : "0.5";
/** iperf3 itself takes whole seconds. */
const WHOLE_SECONDS = FULL ? "5" : "1";

interface Report {
  error?: string;
  end: {
    sum_sent?: { bytes: number };
    sum_received?: { bytes: number };
    /** Over UDP there is one sum. */
    sum?: { bytes: number; packets: number; lost_percent: number };
  };
}

/** Every way of a test, as both command lines name it. */
const WAYS: readonly (readonly [what: string, args: readonly string[]])[] = [
  ["one stream", []],
  ["one stream back", ["-R"]],
  ["eight streams", ["-P", "8"]],
  ["eight streams back", ["-P", "8", "-R"]],
  ["both ways at once", ["--bidir"]],
  ["datagrams", ["-u", "-b", "5M"]],
  ["datagrams back", ["-u", "-b", "5M", "-R"]],
  ["three streams of datagrams", ["-u", "-b", "2M", "-P", "3"]],
];

function checkReport(text: string): void {
  const { error, end } = JSON.parse(text) as Report;
  assert.equal(error, undefined);
  const received = end.sum_received ?? end.sum;
  assert.ok((received?.bytes ?? 0) > 10_000, text);
}

describe("Debian's iperf3 asks ours", () => {
  let network: Network;

  before(async () => {
    if (skip) return;
    network = new Network();
    network.addAddress6(`${KERNEL_6}/64`);
    // The frames of a measurement are too many to be captured.
    const server = await network.thimble(["iperf3", "-s", "--address", `${STACK_6}/64`], "", false);
    // It answers over IPv4 while its IPv6 address is still being claimed; it serves when both can be used.
    while ((await network.ask<unknown[]>(server, "ss", "-l")).length === 0);
  });

  after(() => network?.close());

  for (const [what, args] of WAYS) {
    it(what, { skip }, async () => {
      const { status, stdout } = await network.run("iperf3", ["-c", STACK, "-J", "-t", WHOLE_SECONDS, ...args]);
      assert.equal(status, 0, stdout.toString());
      checkReport(stdout.toString());
    });
  }

  it("over IPv6", { skip }, async () => {
    const { status, stdout } = await network.run("iperf3", ["-6", "-c", STACK_6, "-J", "-t", WHOLE_SECONDS]);
    assert.equal(status, 0, stdout.toString());
    checkReport(stdout.toString());
  });
});

describe("ours asks Debian's iperf3", () => {
  let network: Network;
  let server: ChildProcess;

  before(() => {
    if (skip) return;
    network = new Network();
    network.addAddress6(`${KERNEL_6}/64`);
    server = network.spawn("iperf3", ["-s"]);
  });

  after(() => {
    server?.kill();
    network?.close();
  });

  for (const [what, args] of WAYS) {
    it(what, { skip }, async () => {
      const { status, stdout, stderr } = await network.thimbleToItsEnd(
        ["iperf3", "-c", KERNEL, "--json", "-t", SECONDS, ...args],
        false,
      );
      assert.equal(status, 0, stderr);
      checkReport(stdout.toString());
    });
  }

  it("over IPv6", { skip }, async () => {
    const args = ["iperf3", "-6", "-c", KERNEL_6, "--json", "-n", "1M", "--address", `${STACK_6}/64`];
    const { status, stdout, stderr } = await network.thimbleToItsEnd(args);
    assert.equal(status, 0, stderr);
    checkReport(stdout.toString());
  });

  it("sent nothing that Wireshark finds fault with", { skip }, () => checkCaptures(network));
});
