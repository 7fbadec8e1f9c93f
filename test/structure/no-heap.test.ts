// The build refuses a core that would need a heap: each way to get one is tried, and each is refused with its reason.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { NO_HEAP, ROOT, runAsc } from "../../host/build/firmware.mjs";

const BUS = `
  export declare function read32(address: u32): u32;
  export declare function write32(address: u32, value: u32): void;
`;

const REFUSED: { what: string; source: string; reason: RegExp }[] = [
  {
    what: "an object of a managed class",
    source: `class Socket { port: u16 = 0; }
             export function f(): u16 { return new Socket().port; }`,
    reason: /offender\/Socket is a managed class/,
  },
  {
    what: "an object of an unmanaged class made with new",
    source: `@unmanaged class Socket { port: u16 = 0; }
             export function f(): u16 { return new Socket().port; }`,
    reason: /offender\/Socket#constructor calls ~lib\/rt\/stub\/__alloc, which allocates/,
  },
  {
    what: "an array literal",
    source: "export function f(i: i32): i32 { const ports = [25, 80]; return ports[i]; }",
    reason: /offender\/f calls ~lib\/rt\/__newArray, which allocates/,
  },
  {
    what: "an array kept in static memory",
    source: `const PORTS: StaticArray<u16> = [25, 80];
             export function f(i: i32): u16 { return unchecked(PORTS[i]); }`,
    reason: /StaticArray<u16> is a managed class: .* use memory\.data for tables/,
  },
  {
    what: "string concatenation",
    source: `export function f(i: i32): i32 { return ("port " + i.toString()).length; }`,
    reason: /offender\/f calls ~lib\/string\/String\.__concat/,
  },
  {
    what: "a string",
    source: `export function f(): usize { return changetype<usize>("port"); }`,
    reason: /the string "port" would be kept in memory/,
  },
  {
    what: "a typed array",
    source: "export function f(): i32 { return new Uint8Array(64).length; }",
    reason: /~lib\/typedarray\/Uint8Array is a managed class/,
  },
  {
    what: "an ArrayBuffer",
    source: "export function f(): i32 { return new ArrayBuffer(64).byteLength; }",
    reason: /offender\/f calls ~lib\/arraybuffer\/ArrayBuffer#constructor/,
  },
  {
    what: "a Map",
    source: "export function f(): i32 { return new Map<u16, u32>().size; }",
    reason: /~lib\/map\/Map<u16,u32> is a managed class/,
  },
  {
    what: "a Set",
    source: "export function f(): i32 { return new Set<u32>().size; }",
    reason: /~lib\/set\/Set<u32> is a managed class/,
  },
  {
    what: "the allocator itself",
    source: "export function f(): usize { return heap.alloc(64); }",
    reason: /offender\/f calls ~lib\/memory\/heap\.alloc, which allocates/,
  },
  {
    what: "memory.grow",
    source: "export function f(): i32 { return memory.grow(1); }",
    reason: /offender\/f has memory\.grow/,
  },
  {
    what: "memory.size",
    source: "export function f(): i32 { return memory.size(); }",
    reason: /offender\/f has memory\.size/,
  },
  {
    what: "an import of its own",
    source: `export declare function now(): u64;
             export function f(): u64 { return now(); }`,
    reason: /offender\.now is imported: only bus\.read32, bus\.write32 may be/,
  },
  {
    what: "an import that the standard library brings",
    source: "export function f(): f64 { return Math.random(); }",
    reason: /env\.seed is imported/,
  },
  {
    what: "a mutable global",
    source: "let calls: i32 = 0;\nexport function f(): i32 { return ++calls; }",
    reason: /offender\/calls is a mutable global: keep state in memory\.data/,
  },
  {
    what: "an optional parameter of an exported function",
    source: "export function f(a: i32, b: i32 = 1): i32 { return a + b; }",
    reason: /optional parameters, which need a mutable global/,
  },
  {
    what: "statements that run when the module is loaded",
    source: `const PORT: usize = memory.data(2);
             store<u16>(PORT, 80);
             export function f(): u16 { return load<u16>(PORT); }`,
    reason: /offender has statements that run when the module is loaded/,
  },
];

const CLEAN = `
  import { read32, write32 } from "./bus";
  const PORTS: usize = memory.data<u16>([25, 80]);
  const STATE: usize = memory.data(16, 16);
  enum Reason { NONE, FULL = 1 << 3 }
  @unmanaged @final class Socket {
    port: u16;
    get order(): u16 { return bswap(this.port); }
  }
  function twice(value: i32): i32 { return value * 2; }
  export function f(value: i32): i32 {
    assert(value > 0, "value must be positive");
    memory.copy(STATE, PORTS, 4);
    memory.fill(STATE + 4, 0, 12);
    write32(0, Reason.FULL);
    return changetype<Socket>(STATE).order + read32(4) + call_indirect<i32>(twice.index, value);
  }
`;

describe("the proof that the core has no heap", { concurrency: 2 }, () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "thimble-no-heap-"));
    // The build's own options, without its entry.
    const { options, targets } = JSON.parse(readFileSync(join(ROOT, "asconfig.json"), "utf8"));
    writeFileSync(join(folder, "asconfig.json"), JSON.stringify({ options, targets }));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Compiles a source; several may be compiled at the same time. */
  function compile(name: string, source: string, target: string): Promise<string> {
    const place = join(folder, name.replaceAll(/\W+/g, "-"), target);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "bus.ts"), BUS);
    writeFileSync(join(place, "offender.ts"), source);
    writeFileSync(join(place, "asconfig.json"), readFileSync(join(folder, "asconfig.json")));
    return runAsc(["offender.ts", "--outFile", "out.wasm", "--target", target, "--transform", NO_HEAP], place);
  }

  for (const { what, source, reason } of REFUSED) {
    it(`refuses ${what}`, () => assert.rejects(compile(what, source, "release"), reason));
  }

  it("accepts static memory, unmanaged views, calls through a table and the bus", () =>
    assert.doesNotReject(compile("clean", CLEAN, "release")));

  it("accepts assertions with messages in the debug build, which imports abort", () =>
    assert.doesNotReject(compile("clean", CLEAN, "debug")));

  it("refuses a heap in the debug build too", () =>
    assert.rejects(
      compile("debug-heap", "export function f(): usize { return heap.alloc(64); }", "debug"),
      /allocates/,
    ));
});
