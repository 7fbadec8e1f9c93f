// The network card of a v86 machine, a stack on a simulated cable and one behind a hub are on one switch: the card asks for the
// address of each, and each answers its echo.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { V86 } from "v86";
import { dissect } from "../../host/inspect/dissect.ts";
import { Switch } from "../../host/network/switch.ts";
import { createStack, realClock } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { openHub } from "../../host/wire/hub.ts";
import { openV86 } from "../../host/wire/v86.ts";
import { BROADCAST } from "./bench-mac.ts";
import { Ne2k } from "./ne2k.ts";

const OWN_MAC = Uint8Array.of(0x02, 0, 0, 0, 0x86, 1);
const OWN_ADDRESS = [10, 0, 0, 86];

const folder = mkdtempSync(join(tmpdir(), "thimble-v86-"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function startMachine(): Promise<V86> {
  const library = createRequire(import.meta.url).resolve("v86");
  const machine = new V86({
    wasm_path: join(dirname(library), "v86.wasm"),
    memory_size: 2 ** 24,
    vga_memory_size: 2 ** 20,
    autostart: false,
    net_device: { type: "ne2k" },
  });
  await new Promise<void>((resolve) => machine.add_listener("emulator-ready", () => resolve()));
  return machine;
}

async function answerOf(card: Ne2k): Promise<Uint8Array> {
  for (let tries = 0; tries < 2000; tries++) {
    const frame = card.receive();
    if (frame !== null) return frame;
    await setTimeout(2);
  }
  throw new Error("nothing has come");
}

function arpRequest(target: readonly number[]): Uint8Array {
  const frame = new Uint8Array(60);
  frame.set([...BROADCAST, ...OWN_MAC, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, ...OWN_MAC, ...OWN_ADDRESS]);
  frame.set(target, 38);
  return frame;
}

function echoRequest(mac: Uint8Array, target: readonly number[]): Uint8Array {
  const header = [0x45, 0, 0, 46, 0, 1, 0, 0, 64, 1, 0, 0, ...OWN_ADDRESS, ...target];
  const message = [8, 0, 0, 0, 0, 86, 0, 1, ...new Array<number>(18).fill(7)];
  const bytes = [header, message].flatMap((part, i) => {
    const checksum = checksumOf(part);
    return part.with(i === 0 ? 10 : 2, checksum >> 8).with(i === 0 ? 11 : 3, checksum & 0xff);
  });
  return Uint8Array.from([...mac, ...OWN_MAC, 8, 0, ...bytes]);
}

function checksumOf(bytes: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] << 8) | bytes[at + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

describe("the network card of a v86 machine", () => {
  it("is on one switch with a stack on a cable and one behind a hub, and both answer it", async () => {
    const machine = await startMachine();
    const center = new Switch({ clock: realClock() });
    const cable = createCable({ clock: realClock(), delay: 100 });
    const path = join(folder, "hub");
    const wires = [cable.left, await openHub(path)];
    const card = openV86(machine);
    for (const wire of [cable.right, await openHub(path), card]) center.plug(wire);
    const stacks = await Promise.all(
      wires.map((wire, i) => createStack({ wires: [{ wire, address: `10.0.0.${i + 1}/24` }], profile: "tiny" })),
    );
    const driver = new Ne2k(machine, OWN_MAC);
    for (const last of [1, 2]) {
      const target = [10, 0, 0, last];
      driver.send(arpRequest(target));
      const reply = dissect(await answerOf(driver));
      assert.equal(reply.arp?.senderAddress, target.join("."));
      driver.send(echoRequest(Uint8Array.of(2, 0, ...target), target));
      const answer = dissect(await answerOf(driver));
      assert.deepEqual([answer.icmp?.type, answer.icmp?.identifier, answer.ip?.source], [0, 86, target.join(".")]);
    }
    await Promise.all(stacks.map((stack) => stack.close({ linger: 0 })));
    card.close();
    driver.send(arpRequest([10, 0, 0, 1]));
    await machine.destroy();
  });
});
