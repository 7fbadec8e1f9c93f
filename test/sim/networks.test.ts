// Whole networks from a description: switches learn, routers forward, cables are as bad in each direction as they are said to be,
// links go down and up, and the same seed gives the same capture to the byte.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { PcapngWriter } from "../../host/capture/pcapng-writer.ts";
import { readCapture } from "../../host/capture/reader.ts";
import { MemorySink } from "../../host/capture/sink.ts";
import type { NetworkDescription } from "../../host/network/description.ts";
import { parseNetwork } from "../../host/network/file.ts";
import { createNetwork, type SimulatedNetwork } from "../../host/network/network.ts";
import { randomFile, receiveExactly, sendAll } from "./network.ts";

const OFFICES = readFileSync(fileURLToPath(new URL("networks/offices.yaml", import.meta.url)), "utf8");
const BYTES = 100_000;
const PORT = 7000;
/** Addresses of IPv6 have been claimed by then; the link breaks a moment later. */
const START_MICROS = 5e6;

/** A segment is seen at several interfaces, so streams cannot be put together. */
const APART = ["-o", "tcp.desegment_tcp_streams:FALSE"];

const folder = mkdtempSync(join(tmpdir(), "thimble-networks-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Bytes both ways between two machines of a network. */
async function exchange(net: SimulatedNetwork, from: string, to: string, address: string): Promise<void> {
  const listener = await net.machine(to).listen({ port: PORT });
  const opened = net.machine(from).connect({ address, port: PORT, ecn: true });
  const ends = await net.settle(Promise.all([opened, listener.accept()]));
  const data = randomFile(1, BYTES);
  await net.settle(Promise.all(ends.flatMap((end) => [sendAll(end, data), receiveExactly(end, data)])));
  await net.settle(Promise.all([listener.close(), ...ends.map((end) => end.close())]));
}

async function offices(seed?: number): Promise<{ net: SimulatedNetwork; file: Uint8Array }> {
  const sink = new MemorySink();
  const capture = new PcapngWriter(sink);
  const net = await createNetwork(parseNetwork(OFFICES), { capture, explain: true, ...(seed && { seed }) });
  await net.run(START_MICROS);
  await exchange(net, "anna", "server", "2001:db8:2::1");
  await exchange(net, "bert", "server", "10.0.2.1");
  await net.close();
  capture.close();
  return { net, file: sink.bytes() };
}

describe("a described network", () => {
  it("carries what is sent through switches, a router and a line that breaks, whatever its cables do", async () => {
    const { net } = await offices();
    const line = net.cable("router - lab").stats;
    assert.ok(line !== null);
    assert.ok(line.toRight.marked > 0, "marked");
    assert.ok(line.toLeft.lost > 0 && line.toLeft.duplicated > 0 && line.toLeft.reordered > 0, "bad on the way back");
    assert.equal(line.toRight.lost + line.toRight.duplicated + line.toRight.reordered, 0);
    assert.ok(net.clock.now() > 5.7e6);
    assert.ok(net.switch("floor").stats.fcsErrors > 0, "damaged frames end at the switch");
    assert.ok((net.machine("router").counters().IpOutForwDatagrams ?? 0) > 500);
  });

  it("gives the same capture, bit for bit, for the same seed, and another for another", async () => {
    const [first, second, other] = [await offices(), await offices(), await offices(8)];
    assert.ok(first.file.length > 4 * BYTES);
    assert.ok(Buffer.from(first.file).equals(second.file), "two runs with one seed differ");
    assert.ok(!Buffer.from(first.file).equals(other.file));
    const { interfaces, frames } = readCapture(first.file);
    assert.deepEqual(
      interfaces.map(({ name }) => name),
      ["anna", "bert", "server", "router to floor", "router to lab"],
    );
    assert.ok(frames.some(({ comments }) => comments?.some((text) => /SYN-SENT -> ESTABLISHED/.test(text))));
    await readByTshark(first.file);
  });

  it("is refused with a sentence when it does not hold together", async () => {
    const machines = { a: "10.0.0.1/24", b: "10.0.0.2/24" };
    const wrong: [NetworkDescription, RegExp][] = [
      [{ machines, cables: { "a - c": null } }, /ends at c/],
      [{ machines, cables: { "a b": null } }, /two ends/],
      [{ machines, cables: { "a - b": "loss=3" } }, /probability/],
      [{ machines, cables: { "a - b": "speed=3" } }, /does not describe/],
      [{ machines, switches: ["a"], cables: {} }, /Two things/],
      [{ machines, cables: {} }, /no cable/],
      [{ machines, cables: { "a - b": null }, events: { "1s": "a - b falls" } }, /up or down/],
      [
        { machines: { ...machines, a: { address: "10.0.0.1/24", gateway: "10.9.0.1" } }, cables: { "a - b": null } },
        /none of/,
      ],
    ];
    for (const [description, sentence] of wrong) {
      await assert.rejects(createNetwork(description), sentence);
    }
    for (const text of ["", "- a", "machines: [", "towers: 3", "machines: {}"]) {
      assert.throws(() => parseNetwork(text), { code: "ERR_NETWORK" });
    }
  });
});

async function readByTshark(file: Uint8Array): Promise<void> {
  if (spawnSync("tshark", ["-v"]).status !== 0) return;
  const path = join(folder, "offices.pcapng");
  writeFileSync(path, file);
  const { status, stdout } = spawnSync("tshark", ["-n", "-r", path, "-Y", "_ws.malformed", ...APART], {
    encoding: "utf8",
  });
  assert.deepEqual([status, stdout], [0, ""]);
}
