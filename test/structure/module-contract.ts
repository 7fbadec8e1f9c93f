// The contract of the wasm module, read from a binary as it ships: what it needs of its host, what it offers, that
// its state is all in a memory of fixed size, and that it uses no more of WebAssembly than small runtimes have.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { before, describe, it } from "node:test";
import { DIST, ROOT, readProfile } from "../../host/build/firmware.mjs";
import { readWasm, type WasmModule } from "./wasm-module.ts";

const REGISTERS = ["bus.read32", "bus.write32"];

/** Every runtime that boards use has these; SIMD, reference types and passive data are not among them. */
const FEATURES = ["MVP", "sign extension", "saturating float to integer", "bulk memory", "multi-value"];

const CALLS = [
  ["init", "addAdapter", "addAddress", "addRoute", "poll", "linkUp"],
  ["socket", "bind", "connect", "listen", "accept", "shutdown", "close", "abort", "setOption", "getOption"],
  ["sendRoom", "sendCommit", "sendTo", "write", "recvPeek", "recvConsume", "read", "event", "localName", "peerName"],
  ["joinGroup", "leaveGroup"],
  ["describe", "neighbor", "route", "address", "group", "region"],
].flat();

const ADDRESSES = ["RESULT", "STATUS", "SCRATCH", "COUNTERS", "__heap_base", "__data_end"];

const PAGE = 65536;

/** wabt's own reading of the module, with what FEATURES does not name switched off. */
const VALIDATOR = join(ROOT, "node_modules/wabt/bin/wasm-validate");
const WITHOUT = ["--disable-simd", "--disable-reference-types"];

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly [name: string]: WebAssembly.ExportValue;
}

/**
 * Tests of the module at `path`, which was built from the profile `name`. `debug`: a build that may also say which
 * assertion failed. `ready` makes the file where that is needed.
 */
export function describeModule(path: string, name: string, debug = false, ready?: () => Promise<unknown>): void {
  describe(relative(DIST, path), () => {
    let bytes: Uint8Array<ArrayBuffer>;
    let wasm: WasmModule;
    let profile: Record<string, number>;

    before(async () => {
      await ready?.();
      bytes = new Uint8Array(readFileSync(path));
      wasm = readWasm(bytes);
      profile = (await readProfile(name)) as Record<string, number>;
    });

    it(debug ? "imports the two register functions and abort" : "imports exactly the two register functions", () => {
      const allowed = debug ? [...REGISTERS, "env.abort"] : REGISTERS;
      assert.deepEqual(wasm.imports.map((each) => `${each.module}.${each.name}`).sort(), allowed);
      assert.ok(wasm.imports.every(({ kind }) => kind === "function"));
    });

    it("keeps all state in linear memory: no mutable globals", () => {
      assert.deepEqual(
        wasm.mutableGlobals.filter((mutable) => mutable),
        [],
      );
    });

    it("has a memory of fixed size, as large as the profile says, and no instruction that asks or changes it", () => {
      const pages = Math.ceil((profile.LINEAR_BYTES as number) / PAGE);
      assert.deepEqual(wasm.memory, { initial: pages, maximum: pages });
      assert.ok(!wasm.instructions.has("memory.grow"));
      assert.ok(!wasm.instructions.has("memory.size"));
    });

    it("does nothing when it is loaded: no start function", () => assert.equal(wasm.hasStart, false));

    it("uses only features that small runtimes have", () => {
      assert.deepEqual(
        [...wasm.features].filter((feature) => !FEATURES.includes(feature)),
        [],
      );
    });

    it("is valid to a reader that has nothing else switched on", () => {
      const { status, stderr } = spawnSync(process.execPath, [VALIDATOR, ...WITHOUT, path], { encoding: "utf8" });
      assert.equal(status, 0, stderr);
    });

    it("exports the calls and the addresses of the blocks they fill", () => {
      const missing = [
        ...CALLS.filter((call) => wasm.exports.get(call) !== "function"),
        ...ADDRESSES.filter((address) => wasm.exports.get(address) !== "global"),
      ];
      assert.deepEqual(missing, []);
      assert.equal(wasm.exports.get("memory"), "memory");
    });

    it("exports every constant of its profile with its value", async () => {
      const exports = await instantiate(bytes);
      const values = Object.keys(profile).map((key) => [key, (exports[key] as WebAssembly.Global | undefined)?.value]);
      assert.deepEqual(Object.fromEntries(values), { ...profile });
    });

    it("keeps static data within the profile's bytes, and its regions apart within static data", async () => {
      const exports = await instantiate(bytes);
      const end = (exports.__heap_base as WebAssembly.Global).value as number;
      assert.ok(end <= (profile.LINEAR_BYTES as number), `${end} bytes used`);
      (exports.init as CallableFunction)(0, 1, 2, 3, 4);
      let free = 0;
      for (const { base, bytes } of regions(exports)) {
        assert.ok(base >= free, `a region at ${base} begins before ${free}, where the one before ends`);
        free = base + bytes;
      }
      assert.ok(free > 0 && free <= end, `regions end at ${free}, static data at ${end}`);
    });
  });
}

async function instantiate(bytes: Uint8Array<ArrayBuffer>): Promise<Exports> {
  const bus = { read32: () => 0, write32: () => {} };
  const abort = () => assert.fail("the core aborted");
  const { instance } = await WebAssembly.instantiate(bytes, { bus, env: { abort } });
  return instance.exports as unknown as Exports;
}

/** Where each region lies, in the order of addresses. */
function regions(exports: Exports): { base: number; bytes: number }[] {
  const result = new Uint32Array(exports.memory.buffer, (exports.RESULT as WebAssembly.Global).value as number, 3);
  const found: { base: number; bytes: number }[] = [];
  for (let index = 0; (exports.region as CallableFunction)(index) >= 0; index++) {
    const [base = 0, count = 0, size = 0] = result;
    found.push({ base, bytes: count * size });
  }
  return found.sort((a, b) => a.base - b.base);
}
