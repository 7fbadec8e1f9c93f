// The formula of linear memory: what it says of a profile is what the compiler lays out, for every profile that there is
// and for others drawn at random. THIMBLE_SEED=n; 20 of those with THIMBLE_FULL=1.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, describe, it } from "node:test";
import {
  boardNames,
  firmwarePath,
  importTypeScript,
  profileNames,
  readProfile,
  runAsc,
} from "../../host/build/firmware.mjs";
import { staticBytes } from "../../host/build/memory-formula.ts";
import { variantSource } from "../../host/build/variants.mjs";
import { Random } from "../../host/random.ts";
import { ROOT } from "./sources.ts";

const SEED = Number(process.env.THIMBLE_SEED ?? 1);
const PROFILES = process.env.THIMBLE_FULL === "1" ? 20 : 3;
/** Memory for the random ones: more than any of them takes. */
const PAGES = 256;

const folder = mkdtempSync(join(tmpdir(), "thimble-formula-"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function heapBase(wasm: string): Promise<number> {
  const module = await WebAssembly.compile(new Uint8Array(readFileSync(wasm)));
  const nothing = { read32: () => 0, write32: () => {} };
  const instance = await WebAssembly.instantiate(module, { bus: nothing, env: { abort: () => {} } });
  return (instance.exports.__heap_base as WebAssembly.Global).value as number;
}

/** A profile that makes sense, as the text of its profile.ts. */
function randomProfile(random: Random): string {
  const upTo = (least: number, most: number): number => least + (random.u32() % (most - least + 1));
  const ipv6 = upTo(0, 1);
  const groups = ipv6 || upTo(0, 1) ? upTo(20, 40) : 0;
  const mac = upTo(1, 4);
  const isFifo = mac === 2 || mac === 3;
  const tcbs = upTo(1, 300);
  const adapters = upTo(1, 3);
  const packets = tcbs + upTo(20, 500);
  const connections = upTo(0, 1) * upTo(1, 20);
  const fetches = upTo(0, 1) * upTo(1, 5);
  const constants: Record<string, number> = {
    LINEAR_BYTES: PAGES * 65536,
    MAC: mac,
    ADAPTERS: adapters,
    VLANS: upTo(0, 4),
    LOOPBACK: upTo(0, 1),
    FORWARDING: upTo(0, 1),
    RX_RING: upTo(2, 16),
    TX_RING: isFifo ? 0 : upTo(2, 16),
    MTU: upTo(1280, 1500),
    IPV6: ipv6,
    PACKETS: packets,
    CONTROL_PACKETS: upTo(2, 20),
    TCBS: tcbs,
    SYN_QUEUE: upTo(1, 100),
    TIME_WAITS: upTo(1, 100),
    DATAGRAM_SOCKETS: upTo(1, 50),
    REASSEMBLIES: upTo(0, 4),
    REASSEMBLY_PACKETS: 16,
    NEIGHBORS: upTo(1, 60),
    ROUTES: upTo(1, 20),
    PATH_MTUS: upTo(1, 20),
    ADDRESSES: upTo(adapters, 16),
    NAME_SERVERS: upTo(0, 4),
    CLAIMS: ipv6 || upTo(0, 1),
    GROUPS: groups,
    MEMBERSHIPS: groups ? upTo(1, 50) : 0,
    WEB_CONNECTIONS: connections,
    WEB_LINE_BYTES: connections ? 8 * upTo(8, 100) : 0,
    FETCHES: fetches,
    FETCH_LINE_BYTES: fetches ? 8 * upTo(16, 100) : 0,
  };
  return variantSource("eight", constants);
}

describe("the formula of linear memory", () => {
  for (const name of profileNames() as string[]) {
    it(`says what profile ${name} takes`, async () => {
      assert.equal(staticBytes(await readProfile(name)), await heapBase(firmwarePath(name)));
    });
  }

  it("finds that every board's profile fits", async () => {
    for (const name of boardNames() as string[]) {
      const profile = await readProfile(name);
      assert.ok(staticBytes(profile) <= profile.LINEAR_BYTES, name);
    }
  });

  const random = new Random(SEED);
  for (let i = 0; i < PROFILES; i++) {
    const profile = randomProfile(random);
    it(`says what profile ${i} at random takes (seed ${SEED})`, async () => {
      const place = join(folder, `${i}`);
      mkdirSync(place);
      writeFileSync(join(place, "profile.ts"), profile);
      const wasm = join(place, "out.wasm");
      const sizes = ["--initialMemory", `${PAGES}`, "--maximumMemory", `${PAGES}`];
      const options = [
        "--target",
        "release",
        "--optimizeLevel",
        "0",
        "--memoryBase",
        "1024",
        "--lib",
        relative(ROOT, place),
        ...sizes,
      ];
      await runAsc([...options, "--outFile", relative(ROOT, wasm)], ROOT);
      assert.equal(staticBytes(await importTypeScript(join(place, "profile.ts"))), await heapBase(wasm), profile);
    });
  }

  it("refuses a profile that contradicts itself with the core's words", async () => {
    const tiny = await readProfile("tiny");
    assert.throws(() => staticBytes({ ...tiny, MTU: 575 }), /MTU below 576/);
  });
});
