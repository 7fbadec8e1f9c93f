// The TAP behind a cable that loses, doubles, damages, reorders and delays frames: everything still arrives.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { checkCaptures } from "./support/capture.ts";
import { sha256, sha256OfFile, writeRandomFile } from "./support/files.ts";
import { Network, STACK } from "./support/network.ts";
import { skip } from "./support/requirements.ts";

const CABLE = ",loss=3%,duplicate=3%,corrupt=3%,reorder=10%,delay=20ms,seed=7";

describe("behind a bad cable", () => {
  it("curl fetches 5 MB byte for byte", { skip }, async () => {
    const network = new Network();
    try {
      const folder = join(network.folder, "www");
      mkdirSync(folder);
      const content = writeRandomFile(join(folder, "file"), 5_000_000);
      await network.thimble(["serve", folder], CABLE);
      const target = join(network.folder, "fetched");
      const { status, stderr } = await network.run("curl", ["-sS", "--fail", "-o", target, `http://${STACK}/file`]);
      assert.equal(status, 0, stderr);
      assert.equal(sha256OfFile(target), content);
      await checkCaptures(network);
    } finally {
      network.close();
    }
  });

  it("nc sends 1 MB and gets it back byte for byte", { skip }, async () => {
    const network = new Network();
    try {
      const file = join(network.folder, "1 MB");
      const content = writeRandomFile(file, 1_000_000);
      await network.thimble(["echo", "7"], CABLE);
      const { status, stdout, stderr } = await network.run("nc", ["-N", STACK, "7"], file);
      assert.equal(status, 0, stderr);
      assert.equal(sha256(stdout), content);
      await checkCaptures(network);
    } finally {
      network.close();
    }
  });
});
