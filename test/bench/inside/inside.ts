// One instance of the core with two adapters whose MACs, and the cable between them, are wasm over the core's memory.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ROOT, runAsc } from "../../../host/build/firmware.mjs";
import { ADAPTER_BUS_BASE, ADAPTER_BUS_BYTES, type Bus } from "../../../host/core/bus.ts";
import { Core } from "../../../host/core/core.ts";

/** Own address of each adapter; and as which the other end sees it. The cable translates between them (macs.ts). */
export const INSIDE_ADDRESSES = {
  left: { own: "10.1.0.1", seen: "10.0.0.1" },
  right: { own: "10.0.0.4", seen: "10.1.0.2" },
} as const;

interface MacExports {
  stateBytes(): number;
  place(at: number): void;
  read32(address: number): number;
  write32(address: number, value: number): void;
  carry(from: number, most: number): number;
}

export interface Inside {
  readonly core: Core;
  /** Adapter indexes. */
  readonly left: number;
  readonly right: number;
  /** Carries at most so many frames from 0 (left) or 1 (right); returns 1 when some are left. */
  carry(from: number, most: number): number;
  /** The counter of a MAC: a register of assembly/device/registers.ts. */
  counter(adapter: 0 | 1, register: number): number;
}

export async function startInside(module: WebAssembly.Module, seeds: ArrayLike<number>): Promise<Inside> {
  const wasm = await compileInside();
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 2 });
  const front = await WebAssembly.instantiate(wasm.front, { env: { table } });
  const { read32, write32 } = front.exports as unknown as Pick<MacExports, "read32" | "write32">;
  // `init` asks no adapter anything; the first to be asked is in `addAdapter`.
  const core = await Core.start(module, seeds, { bus: { read32, write32 } as unknown as Bus });
  const instance = await WebAssembly.instantiate(wasm.macs, { env: { memory: core.memory } });
  const macs = instance.exports as unknown as MacExports;
  table.set(0, macs.read32 as never);
  table.set(1, macs.write32 as never);
  const place = ((core.constants.__heap_base ?? core.u8.length) + 15) & ~15;
  if (place + macs.stateBytes() > core.u8.length) throw new Error("This profile leaves no room behind its tables.");
  macs.place(place);
  const [left, right] = [0, 1].map((i) => {
    const index = core.exports.addAdapter(ADAPTER_BUS_BASE + i * ADAPTER_BUS_BYTES, 0, 0);
    if (index < 0) throw new Error(`addAdapter answered ${index}.`);
    return index;
  });
  const counter = (adapter: 0 | 1, register: number): number =>
    macs.read32(ADAPTER_BUS_BASE + adapter * ADAPTER_BUS_BYTES + register);
  return { core, left, right, carry: macs.carry, counter };
}

let compiled: Promise<{ front: WebAssembly.Module; macs: WebAssembly.Module }> | null = null;

function compileInside(): Promise<{ front: WebAssembly.Module; macs: WebAssembly.Module }> {
  compiled ??= Promise.all([compile("front", ["--importTable"]), compile("macs", ["--importMemory"])]).then(
    ([front, macs]) => ({ front, macs }),
  );
  return compiled;
}

async function compile(name: string, options: readonly string[]): Promise<WebAssembly.Module> {
  const folder = mkdtempSync(join(tmpdir(), "thimble-bench-"));
  try {
    const file = join(folder, `${name}.wasm`);
    // A configuration of its own: the one in the root names the core.
    const args = ["-O3", "--runtime", "stub", "--noAssert", "--use", "abort=", "--stackSize", "0"];
    args.push("--config", "none", "--outFile", relative(ROOT, file), ...options);
    await runAsc([`test/bench/inside/wasm/${name}.ts`, ...args], ROOT);
    return await WebAssembly.compile(readFileSync(file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
