// Profiles: the same sources and the same profile give the same bytes wherever they are built, and a profile that
// contradicts itself or does not fit its memory does not build.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  boardNames,
  compileFirmware,
  firmwarePath,
  NO_HEAP,
  profileNames,
  readProfile,
  runAsc,
} from "../../host/build/firmware.mjs";
import { ROOT } from "./sources.ts";

/** Changes to the profile `tiny`, and the sentence each is refused with. */
const CONTRADICTIONS: { constant: string; value: number; reason: RegExp }[] = [
  { constant: "MTU", value: 575, reason: /MTU below 576/ },
  { constant: "MTU", value: 9001, reason: /MTU above 9000/ },
  { constant: "ADAPTERS", value: 0, reason: /ADAPTERS must be at least 1/ },
  { constant: "RX_RING", value: 1, reason: /RX_RING and TX_RING must be at least 2/ },
  { constant: "PACKETS", value: 3, reason: /PACKETS must exceed TCBS/ },
  { constant: "CONTROL_PACKETS", value: 1, reason: /CONTROL_PACKETS below 2/ },
  { constant: "RX_PACKETS_PER_TCB", value: 3000, reason: /windows too coarse/ },
  { constant: "PACKETS", value: 20, reason: /Low memory limit exceeded by static data/ },
];

describe("profiles", { concurrency: 2 }, () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "thimble-profiles-"));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const name of profileNames() as string[]) {
    it(`${name} builds, and has the hash of the file in dist/`, async () => {
      const { sha256 } = await compileFirmware(name, false, join(folder, `${name}.wasm`));
      const shipped = createHash("sha256")
        .update(readFileSync(firmwarePath(name)))
        .digest("hex");
      assert.equal(sha256, shipped, "dist/ is older than the sources, or the build is not reproducible");
    });
  }

  it("of boards have the same constants as the others", async () => {
    const wanted = Object.keys(await readProfile("node")).sort();
    for (const name of boardNames() as string[]) {
      assert.deepEqual(Object.keys(await readProfile(name)).sort(), wanted, name);
    }
  });

  for (const { constant, value, reason } of CONTRADICTIONS) {
    it(`a profile with ${constant} = ${value} does not build`, async () => {
      const place = join(folder, `${constant}-${value}`);
      mkdirSync(place);
      const tiny = readFileSync(join(ROOT, "boards/tiny/profile.ts"), "utf8");
      const changed = tiny.replace(new RegExp(`(export const ${constant}(?:: u32)? = )[^;]+;`), `$1${value};`);
      assert.notEqual(changed, tiny, `boards/tiny/profile.ts has no ${constant}`);
      writeFileSync(join(place, "profile.ts"), changed);
      const options = ["--target", "release", "--transform", NO_HEAP, "--lowMemoryLimit", `${24 * 1024}`];
      const output = relative(ROOT, join(place, "out.wasm"));
      await assert.rejects(runAsc([...options, "--lib", relative(ROOT, place), "--outFile", output], ROOT), reason);
    });
  }
});
