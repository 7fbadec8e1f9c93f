// The machine's own ceiling: what moving and summing the bytes of a segment costs with nothing around it. The loops
// are those of the core, compiled as the core is, but into a module of their own.

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, runAsc } from "../../host/build/firmware.mjs";
import type { Benchmark, Trial } from "./benchmark.ts";
import { Payload } from "./payload.ts";
import { SEGMENT_BYTES } from "./streams.ts";

// 64 buffers, as far apart as the core's are or a little more: they fit into a second-level cache, as a window does.
const BUFFERS = 64;
const STRIDE = 2048;

const KERNELS = `
import { copyAndSum, sumBytes } from "./checksum";
const BYTES: u32 = ${SEGMENT_BYTES};
const FROM: usize = memory.data(${BUFFERS * STRIDE}, 64);
const TO: usize = memory.data(${BUFFERS * STRIDE}, 64);
function place(i: u32): usize { return (i % ${BUFFERS}) * ${STRIDE}; }
export function copy(times: u32): u32 {
  for (let i: u32 = 0; i < times; i++) memory.copy(TO + place(i), FROM + place(i), BYTES);
  return load<u32>(TO);
}
export function sum(times: u32): u32 {
  let all: u32 = 0;
  for (let i: u32 = 0; i < times; i++) all += sumBytes(FROM + place(i), BYTES);
  return all;
}
export function copyAndSumUp(times: u32): u32 {
  let all: u32 = 0;
  for (let i: u32 = 0; i < times; i++) all += copyAndSum(TO + place(i), FROM + place(i), BYTES);
  return all;
}
`;

interface Kernels {
  copy(times: number): number;
  sum(times: number): number;
  copyAndSumUp(times: number): number;
}

export const ceilings: readonly Benchmark[] = [
  ceiling("copy-1460", "memory.copy of 1460 bytes in wasm", async () => inWasm("copy")),
  ceiling("checksum-1460", "the core's checksum of 1460 bytes, in wasm", async () => inWasm("sum")),
  ceiling("copy-sum-1460", "the core's copy and checksum in one pass", async () => inWasm("copyAndSumUp")),
  ceiling("carry-1460", "1460 bytes from one memory to another, in JS", async () => carrying()),
  ceiling("payload-1460", "what the benchmark itself does: write and compare", async () => payloadWork()),
];

function ceiling(name: string, title: string, prepare: () => Promise<Trial>): Benchmark {
  return { name, title, isCeiling: true, operations: 2_000_000, prepare };
}

let compiled: Promise<Kernels> | null = null;

async function inWasm(kernel: keyof Kernels): Promise<Trial> {
  compiled ??= compileKernels();
  const kernels = await compiled;
  return {
    run: (times) => {
      kernels[kernel](times);
    },
  };
}

async function compileKernels(): Promise<Kernels> {
  const folder = mkdtempSync(join(tmpdir(), "thimble-bench-"));
  try {
    const { options, targets } = JSON.parse(readFileSync(join(ROOT, "asconfig.json"), "utf8"));
    writeFileSync(join(folder, "asconfig.json"), JSON.stringify({ options, targets }));
    copyFileSync(join(ROOT, "assembly/base/checksum.ts"), join(folder, "checksum.ts"));
    writeFileSync(join(folder, "kernels.ts"), KERNELS);
    const profile = ["--lib", join(ROOT, "boards/node")]; // the sum of a pseudo-header asks it for the versions
    await runAsc(["kernels.ts", "--outFile", "kernels.wasm", "--target", "release", ...profile], folder);
    const { instance } = await WebAssembly.instantiate(readFileSync(join(folder, "kernels.wasm")), {});
    return instance.exports as unknown as Kernels;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// One copy through kept views: the least that a cable in JavaScript takes.
function carrying(): Trial {
  const bytes = (memory: ArrayBuffer, i: number): Uint8Array => new Uint8Array(memory, i * STRIDE, SEGMENT_BYTES);
  const from = new ArrayBuffer(BUFFERS * STRIDE);
  const to = new Uint8Array(BUFFERS * STRIDE);
  const frames = Array.from({ length: BUFFERS }, (_, i) => bytes(from, i));
  return {
    run: (times) => {
      for (let i = 0; i < times; i++) to.set(frames[i % BUFFERS], (i % BUFFERS) * STRIDE);
    },
  };
}

function payloadWork(): Trial {
  const memory = Buffer.alloc(BUFFERS * STRIDE);
  const payload = new Payload(SEGMENT_BYTES);
  return {
    run: (times) => {
      for (let i = 0; i < times; i++) {
        const at = (i % BUFFERS) * STRIDE;
        memory.set(payload.at(i * SEGMENT_BYTES, SEGMENT_BYTES), at);
        payload.check(i * SEGMENT_BYTES, memory, at, SEGMENT_BYTES);
      }
    },
  };
}
