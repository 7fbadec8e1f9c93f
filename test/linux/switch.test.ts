// One switch of ours with the kernel's TAP, a stack of another process at a hub, and one at a stream as QEMU has it: the kernel pings
// both, and the capture shows the wires by their names.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { readCapture } from "../../host/capture/reader.ts";
import { ROOT } from "./support/namespace.ts";
import { Network, TAP } from "./support/network.ts";
import { skip } from "./support/requirements.ts";

const THIMBLE = join(ROOT, "dist/thimble.mjs");
const STACKS = ["10.77.0.2", "10.77.0.3"];
const TRIES = 100;
const PAUSE = 100;

describe("a switch between a TAP, a hub and a stream", { skip }, () => {
  let network: Network;

  before(() => {
    network = new Network();
  });

  after(() => network?.close());

  it("lets the kernel and stacks of other processes reach each other", async () => {
    const [hub, stream] = ["hub", "stream"].map((kind) => `${kind}:${join(network.folder, kind)}`);
    const file = join(network.folder, "switch.pcapng");
    const wires = [`tap:${TAP}`, hub, stream];
    const center = network.spawn(process.execPath, [THIMBLE, "switch", ...wires, "--pcap", file]);
    await new Promise((resolve) => center.stdout?.once("data", resolve));
    for (const [i, wire] of [hub, stream].entries()) {
      network.spawn(process.execPath, [THIMBLE, "echo", "7", "--wire", wire, "--address", `${STACKS[i]}/24`]);
    }
    for (const address of STACKS) {
      const ping = () => network.run("ping", ["-c", "1", "-W", "1", address]);
      let answered = false;
      for (let tries = 0; tries < TRIES && !answered; tries++) {
        answered = (await ping()).status === 0;
        if (!answered) await setTimeout(PAUSE);
      }
      assert.ok(answered, `${address} answers`);
    }
    assert.equal(await network.stop(center), 0);
    const { interfaces, frames } = readCapture(readFileSync(file));
    assert.deepEqual(
      interfaces.map(({ name }) => name),
      wires,
    );
    assert.equal(new Set(frames.map((frame) => `${frame.interface} ${frame.direction}`)).size, 6);
  });
});
