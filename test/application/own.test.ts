// An application of one's own: the example compiles with the stack into one module, keeps the module's contract, and does
// what it says; mistakes in one are told in a sentence.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { ROOT } from "../../host/build/firmware.mjs";
import { compileApplication } from "../../host/build/own-application.mjs";
import { VirtualClock } from "../../host/clock.ts";
import { createStack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { readAll } from "../host/pair.ts";

const EXAMPLE = join(ROOT, "boards/examples/shout.ts");
/** Profile `tiny` has not a byte to spare: a packet less makes room for the application. */
const ROOM = { PACKETS: 7 };

const folder = mkdtempSync(join(tmpdir(), "thimble-own-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function compiled(name: string, source: string, profile = "tiny"): Promise<unknown> {
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, source);
  return compileApplication({ file, profile, output: join(folder, `${name}.wasm`), changes: ROOM });
}

describe("an application of one's own", () => {
  it("is served inside the module", async () => {
    const wasm = join(folder, "shout.wasm");
    await compileApplication({ file: EXAMPLE, profile: "node", output: wasm });
    const clock = new VirtualClock();
    const cable = createCable({ clock });
    const left = await createStack({ wires: [{ wire: cable.left, address: "10.0.0.1/24" }], clock, seed: 1 });
    const right = await createStack({
      wires: [{ wire: cable.right, address: "10.0.0.2/24" }],
      clock,
      seed: 2,
      wasm: readFileSync(wasm),
    });
    const news = await left.udp({ port: 7007 });
    const connection = await clock.settle(left.connect({ address: "10.0.0.2", port: 7 }));
    const heard = readAll(connection);
    const text = "not so loud, please; ".repeat(500);
    await clock.settle(connection.write(text));
    await clock.settle(connection.end());
    assert.ok(
      (await clock.settle(heard)).toString() === text.toUpperCase(),
      "what comes back is what was said, louder",
    );
    clock.runUntil(clock.now() + 3_000_000);
    assert.equal((await clock.settle(news.receive())).data.length, 4);
    assert.equal(right.callApplication(0), 1);
    assert.deepEqual(
      right
        .sockets()
        .filter(({ owner }) => owner === 0x1000001)
        .map(({ kind }) => kind),
      ["tcp", "udp"],
    );
    await Promise.all([left.close({ linger: 0 }), right.close({ linger: 0 })]);
  });

  it("needs none of the functions but one", async () => {
    await compiled("quiet", "export function start(): void {}\n");
    await assert.rejects(compiled("nothing", "export function begin(): void {}\n"), /exports none of start, serve/);
  });

  it("has no heap either", async () => {
    const source = "class Note { text: i32 = 0; }\nexport function start(): void { new Note(); }\n";
    await assert.rejects(compiled("heap", source), /Note is a managed class/);
  });

  it("is told what the compiler finds wrong, and where", async () => {
    await assert.rejects(
      compiled("wrong", "export function start(): void { nothing(); }\n"),
      /nothing.*wrong\.ts\(1,/s,
    );
  });

  it("the command says what it has made, and what is wrong with its words", () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [join(ROOT, "host/build/application.mjs"), ...args], { encoding: "utf8" });
    const output = join(folder, "out.wasm");
    const made = run(EXAMPLE, "--profile", "tiny", "--variant", "PACKETS=7", "--output", output);
    assert.match(made.stdout, /out\.wasm: [\d,]+ bytes of wasm, [\d,]+ bytes of memory, profile tiny\n$/);
    assert.match(run("no-such-file.ts").stderr, /^application: There is no file .*no-such-file\.ts\.\n$/);
    assert.match(run(EXAMPLE, "--profile", "huge").stderr, /^application: No profile is called huge; there are /);
    assert.match(run().stderr, /^application: Name one file/);
  });
});
