// What a connection costs: every byte of its control block has a reason, and TCP's code keeps to its limit.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it, type TestContext } from "node:test";
import { measureCode, TCP_LIMIT, tcpBytes } from "../../host/build/code-sizes.ts";
import { controlBlockText, readControlBlock } from "../../host/build/control-block.ts";
import { firmwarePath, readProfile } from "../../host/build/firmware.mjs";
import { ipv6Cost, ipv6CostText } from "../../host/build/ipv6-cost.mjs";
import { codeSection, layersOf } from "../../host/build/wasm-code.ts";
import { layerBytes } from "../../host/core/layers.ts";
import { ROOT } from "./sources.ts";

function sizes(...args: string[]) {
  return spawnSync(process.execPath, ["--import", "tsx", "host/build/sizes.ts", ...args], {
    cwd: ROOT,
    encoding: "utf8",
  });
}

describe("the control block", () => {
  const block = readControlBlock();
  const fields = block.parts.flatMap((part) => part.fields);

  it("adds up: its fields and the gaps between them are what the core reserves", () => {
    assert.equal(block.fieldBytes + block.gapBytes, block.bytes);
    let end = 0;
    let gaps = 0;
    for (const { name, offset, bytes } of fields) {
      assert.ok(offset >= end, `${name} at ${offset} overlaps the field before it, which ends at ${end}`);
      assert.equal(offset % bytes, 0, `${name} at ${offset} is not aligned`);
      gaps += offset - end;
      end = offset + bytes;
    }
    assert.deepEqual([end, gaps], [block.bytes, block.gapBytes]);
  });

  it("has a reason for every field", () => {
    const silent = fields.filter(({ reason }) => reason === "").map(({ name }) => name);
    assert.deepEqual(silent, []);
  });

  it("is printed field by field", () => {
    const lines = controlBlockText(block).split("\n");
    for (const { name, offset, bytes } of fields) {
      const row = new RegExp(`^ *${offset} +${bytes} +${name} +\\S`);
      assert.ok(
        lines.some((line) => row.test(line)),
        `${name} is not in the table`,
      );
    }
  });
});

describe("the code of TCP", () => {
  const shipped = (profile: string) => codeSection(new Uint8Array(readFileSync(firmwarePath(profile))));

  it(`takes at most ${TCP_LIMIT} bytes in profile tiny`, async (context: TestContext) => {
    const measured = await measureCode("tiny");
    assert.ok(Buffer.from(measured.code).equals(shipped("tiny")), "names have changed the code, or dist/ is old");
    context.diagnostic(`TCP of profile tiny: ${tcpBytes(measured)} bytes`);
    assert.ok(tcpBytes(measured) <= TCP_LIMIT, `${tcpBytes(measured)} bytes; npm run sizes -- --largest 20 tiny`);
  });

  it("is measured in profile node, too, where it is compiled for speed", async (context: TestContext) => {
    const measured = await measureCode("node");
    assert.ok(Buffer.from(measured.code).equals(shipped("node")), "names have changed the code, or dist/ is old");
    context.diagnostic(`TCP of profile node: ${tcpBytes(measured)} bytes`);
    assert.ok(tcpBytes(measured) > 0);
    assert.deepEqual(
      measured.functions.filter(({ layer }) => layer === "other").map(({ name }) => name),
      [],
      "functions that belong to no source",
    );
  });
});

describe("the bytes of code by layer that a module tells of itself", () => {
  for (const profile of ["tiny", "node"]) {
    it(`are those of the build, in profile ${profile}`, async () => {
      const told = layerBytes(await WebAssembly.compile(new Uint8Array(readFileSync(firmwarePath(profile)))));
      const built = layersOf((await measureCode(profile)).functions).map(({ layer, bytes }) => [layer, bytes]);
      assert.deepEqual(Object.entries(told), built);
    });
  }
});

describe("npm run sizes", () => {
  it("prints the control block", () => {
    const { status, stdout } = sizes("--tcb");
    assert.equal(status, 0);
    assert.equal(stdout, `Control block of a connection\n${controlBlockText(readControlBlock())}`);
  });

  it("answers a wrong command line with a sentence", () => {
    for (const [argument, sentence] of [
      ["huge", /^sizes: no profile is called huge; there are [^\n]*tiny[^\n]*\n$/],
      ["--largest=many", /^sizes: --largest many: say how many functions, as in 20\n$/],
      ["--wrong", /^sizes: Unknown option '--wrong'/],
    ] as const) {
      const { status, stderr } = sizes(argument);
      assert.equal(status, 2);
      assert.match(stderr, sentence);
    }
  });
});

describe("IPv6", () => {
  it("costs at most 16 KB of wasm where code is small, and profile tiny with it fits 32 KB of memory", async (context) => {
    const wasm = new Uint8Array(readFileSync(firmwarePath("tiny")));
    const cost = await ipv6Cost("tiny", await readProfile("tiny"), wasm);
    context.diagnostic(ipv6CostText(cost).trimEnd());
    assert.ok(cost.own.wasm <= 16 * 1024, `${cost.own.wasm} bytes of wasm`);
    assert.ok(cost.whole.memory <= 32 * 1024, `${cost.whole.memory} bytes of memory`);
  });
});
