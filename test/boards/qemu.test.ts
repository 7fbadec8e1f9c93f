// The boards in QEMU: each says which module it runs and what its memory holds, answers pings, serves pages to many at
// once, and has all its pools back after a flood of SYNs and of frames at random. Time is counted in instructions.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { type BoardFirmware, buildBoard } from "../../host/board/build.ts";
import { measureCode } from "../../host/build/code-sizes.ts";
import { boardNames } from "../../host/build/firmware.mjs";
import { staticBytes } from "../../host/build/memory-formula.ts";
import { memoryMap } from "../../host/build/memory-map.ts";
import { layersOf } from "../../host/build/wasm-code.ts";
import { createStack } from "../../host/index.ts";
import { Random } from "../../host/random.ts";
import { createCable } from "../../host/wire/cable.ts";
import { ELSEWHERE, ForgedSyns } from "../sim/forged-syns.ts";
import { BOARD_ADDRESS, Desk } from "./support/desk.ts";
import { skip } from "./support/requirements.ts";

const FULL = process.env.THIMBLE_FULL === "1";
const SEED = Number(process.env.THIMBLE_SEED ?? 1);
const PINGS = FULL ? 10_000 : 1_000;
const PAGES = FULL ? 1_000 : 100;
const FRAMES = FULL ? 10_000 : 1_000;
const SYNS = FULL ? 10_000 : 1_000;
/** Pings on their way at a time, and pages asked for at a time, where a board has as many connections. */
const DEPTH = 4;
/** Frames that are sent before the board gets time to look. */
const BURST = 4;
const STATION = Uint8Array.of(0x02, 0x00, 10, 0, 0, 2);

for (const name of boardNames() as string[]) {
  describe(`${name} in QEMU (seed ${SEED})`, { skip }, () => {
    let firmware: BoardFirmware;
    let desk: Desk;
    let atStart: Record<string, number>;
    let depth: number;

    before(async () => {
      if (skip) return;
      firmware = await buildBoard(name);
      depth = Math.min(DEPTH, connectionsOf(firmware));
      desk = await Desk.start(firmware);
      atStart = await desk.pools();
    });
    after(() => desk?.close());

    it("fits its memory", () => {
      const { flash, ram } = firmware.memory;
      assert.ok(flash.used <= flash.total && ram.used <= ram.total);
    });

    it("says that it runs the very module that Node runs", () => {
      assert.match(desk.board.console(), new RegExp(`^thimble on ${name}, wasm ${firmware.sha256}$`, "m"));
    });

    it("has the memory map and the code that the module has in Node, and that the build has counted", async () => {
      const stack = await createStack({ profile: name, wires: [{ wire: createCable().left }] });
      const { regions, used, total, connection, code } = memoryMap(stack.core);
      await stack.close();
      const shape = (each: readonly { name: string; count: number; size: number }[]) =>
        each.map(({ name, count, size }) => `${name} ${count} ${size}`).sort();
      const onBoard = await desk.memory();
      assert.deepEqual(shape(onBoard.regions), shape(regions));
      assert.deepEqual([onBoard.used, onBoard.bytes], [used, total]);
      const { own, packets } = connection;
      assert.deepEqual([onBoard.own, onBoard.full], [own, own + packets]);
      assert.deepEqual(onBoard.code, code);
      const built = layersOf((await measureCode(name)).functions).map(({ layer, bytes }) => [layer, bytes]);
      assert.deepEqual(Object.entries(onBoard.code), built);
      // The formula says the same without compiling anything.
      assert.equal(staticBytes(firmware.profile), used);
    });

    it(`answers ${PINGS} pings, some at a time, without loss`, async () => {
      assert.equal(await desk.ping(PINGS, depth), PINGS);
      assert.equal(await desk.ping(PINGS / 10, depth, 1400), PINGS / 10);
    });

    it(`serves ${PAGES} pages, some at a time`, async () => {
      let left = PAGES;
      const lane = async (): Promise<void> => {
        while (left-- > 0) assert.match(await desk.page(), /^HTTP\/1\.0 200 OK\r\n.*<\/html>\n$/s);
      };
      await Promise.all(Array.from({ length: depth }, lane));
    });

    it("echoes streams and datagrams", async () => {
      const connection = await desk.stack.connect({ address: BOARD_ADDRESS, port: 7 });
      const sent = randomBytes(20_000);
      const written = connection.write(sent).then(() => connection.end());
      const pieces: Uint8Array[] = [];
      for await (const piece of connection) pieces.push(piece);
      await written;
      assert.ok(Buffer.concat(pieces).equals(sent));
      const socket = await desk.stack.udp({});
      await socket.send(sent.subarray(0, 1000), BOARD_ADDRESS, 7);
      const { data } = (await socket.receive()) ?? assert.fail("closed");
      assert.ok(Buffer.from(data).equals(sent.subarray(0, 1000)));
      await socket.close();
    });

    it(`survives ${SYNS} SYNs from forged addresses`, async () => {
      const syns = new ForgedSyns(
        { mac: STATION, address: Uint8Array.of(10, 0, 0, 2), port: 80 },
        OTHER,
        [ELSEWHERE],
        SEED,
      );
      await flood(SYNS, () => syns.next());
      assert.match(await desk.page(), /200 OK/);
    });

    it(`survives ${FRAMES} frames at random`, async () => {
      const random = new Random(SEED, 1);
      await flood(FRAMES, () => randomFrame(random));
      assert.match(await desk.page(), /200 OK/);
    });

    it("has its pools as full as at the start, its stack within bounds, and has not restarted", async () => {
      // Half-open handshakes and what is in TIME-WAIT have their minutes; the long form waits for them.
      const kept = FULL ? {} : { SYN_QUEUE: 0, TIME_WAIT: 0 };
      await untilEqual(async () => ({ ...(await desk.pools()), ...kept }), atStart);
      const { stack, of, restarts } = await desk.state();
      assert.ok(stack < of, `${stack} bytes of stack, of ${of}`);
      assert.equal(restarts, 0, desk.board.console());
    });

    async function flood(frames: number, next: () => Uint8Array): Promise<void> {
      for (let sent = 0; sent < frames; sent++) {
        desk.wire.send(next());
        // The board answers what comes behind the burst when it is through with that.
        if (sent % BURST === BURST - 1) assert.equal(await desk.ping(1, 1), 1);
      }
    }
  });
}

/** Connections that a board may have besides its two listeners. */
function connectionsOf({ profile }: BoardFirmware): number {
  return profile.TCBS - 2;
}

/** Who sends what nobody has asked for. */
const OTHER = Uint8Array.of(0x02, 0, 0, 0, 0, 0x66);

function randomBytes(count: number): Buffer {
  const random = new Random(SEED, 2);
  return Buffer.from(Array.from({ length: count }, () => random.u32() & 0xff));
}

/** A frame to the board that is noise, behind a header that leads it to IPv4, ARP or nothing. */
function randomFrame(random: Random): Uint8Array {
  const frame = Uint8Array.from({ length: 60 + (random.u32() % 1455) }, () => random.u32() & 0xff);
  frame.set(STATION);
  frame.set(OTHER, 6);
  const types = [0x0800, 0x0800, 0x0806, 0x86dd, random.u32() & 0xffff];
  const type = types[random.u32() % types.length];
  frame[12] = type >> 8;
  frame[13] = type & 0xff;
  // Half of what is IPv4 has a header that is right as far as its checksum, so that it gets further.
  if (type === 0x0800 && random.u32() & 1) mendHeader(frame, random);
  return frame;
}

function mendHeader(frame: Uint8Array, random: Random): void {
  const header = new DataView(frame.buffer, 14, 20);
  header.setUint8(0, 0x45);
  header.setUint16(2, frame.length - 14);
  header.setUint16(6, 0);
  header.setUint8(8, 64);
  header.setUint8(9, [1, 6, 17, random.u32() & 0xff][random.u32() & 3]);
  header.setUint32(16, 0x0a00_0002);
  header.setUint16(10, 0);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += header.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  header.setUint16(10, ~sum & 0xffff);
}

/** Tenths of a second: twenty seconds, or three minutes. */
const TRIES = FULL ? 1800 : 200;

/** Asks again until the answer is the one awaited: connections take their time to end. */
async function untilEqual<T>(ask: () => Promise<T>, wanted: T): Promise<void> {
  let answer = await ask();
  for (let tries = 0; tries < TRIES; tries++) {
    if (JSON.stringify(answer) === JSON.stringify(wanted)) return;
    await setTimeout(100);
    answer = await ask();
  }
  assert.deepEqual(answer, wanted);
}
