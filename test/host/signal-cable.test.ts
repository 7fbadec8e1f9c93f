// Stacks on a cable that carries signals: all arrives although symbols are damaged, and what was damaged is counted.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { LINE_CODES } from "../../host/signal/line.ts";
import { signalWire } from "../../host/signal/signal-wire.ts";
import { createStack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { receiveExactly, sendAll } from "../sim/network.ts";
import { BenchWire, frameTo, OWN_ADDRESS } from "./bench-mac.ts";
import { noise } from "./pair.ts";

const SEED = 5;
const BYTES = 20_000;
const DAMAGE = 1e-5;

describe("a cable that carries signals", () => {
  for (const code of LINE_CODES) {
    it(`${code}: a stream arrives, and every damaged frame is counted by adapter or receiver (seed ${SEED})`, async () => {
      const clock = new VirtualClock();
      const cable = createCable({ clock, delay: 1000, seed: SEED, signal: { code, damage: DAMAGE } });
      const start = (wire = cable.left, address = "10.0.0.1/24") =>
        createStack({ wires: [{ wire, address }], clock, seed: SEED, profile: "tiny" });
      const left = await start();
      const right = await start(cable.right, "10.0.0.2/24");
      const listener = await right.listen({ port: 7 });
      const ends = Promise.all([left.connect({ address: "10.0.0.2", port: 7 }), listener.accept()]);
      const [from, to] = await clock.settle(ends);
      const data = noise(BYTES);
      await clock.settle(Promise.all([sendAll(from, data), receiveExactly(to, data)]));
      clock.runUntil(clock.now() + 10_000); // what is still under way comes in
      const { toRight, toLeft } = cable.signalStats ?? assert.fail("the cable carries no signals");
      const adapters = left.macs[0].counters.rxFcsErrors + right.macs[0].counters.rxFcsErrors;
      const codeErrors = toRight.codeErrors + toLeft.codeErrors;
      assert.ok(toRight.damagedSymbols > 0, "no symbol was damaged");
      assert.ok(codeErrors + adapters > 0, "no frame was found damaged");
      assert.ok(codeErrors + adapters <= toRight.damagedSymbols + toLeft.damagedSymbols);
      const arrived = left.macs[0].counters.rxFrames + right.macs[0].counters.rxFrames;
      assert.equal(arrived + codeErrors + adapters, toRight.frames + toLeft.frames);
      await Promise.all([left.close({ linger: 0 }), right.close({ linger: 0 })]);
    });
  }

  it("refuses codes that are none, and damage that is no probability", () => {
    assert.throws(() => createCable({ signal: { code: "1000base-t" as "10base-t" } }), /"1000base-t" is no line code/);
    assert.throws(() => createCable({ signal: { code: "10base-t", damage: 2 } }), /damage is a probability/);
  });
});

describe("a stretch of signals before another wire", () => {
  it("makes and checks the FCS for a wire that has none", () => {
    const inner = new BenchWire();
    const wire = signalWire(inner, { code: "100base-tx", damage: 0.002, seed: SEED });
    let came = 0;
    const receive = (frame: Uint8Array): void => {
      came++;
      assert.equal(frame.length, 104);
    };
    wire.attach({ receive, linkChanged: () => {} });
    const frame = frameTo(OWN_ADDRESS, 100);
    for (let i = 0; i < 50; i++) inner.end?.receive(frame);
    const { sent, received } = wire.signalStats;
    assert.equal(came + received.codeErrors, 50);
    const whole = new Uint8Array(104);
    whole.set(frame);
    for (let i = 0; i < 50; i++) wire.send(whole); // with an FCS of 0, which is wrong
    assert.deepEqual([inner.sent.length, wire.signalStats.fcsDrops + sent.codeErrors], [0, 50]);
  });
});
