// nc sends to `thimble echo` and closes its half: everything still comes back, then the other half closes too.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { checkCaptures } from "./support/capture.ts";
import { sha256, writeRandomFile } from "./support/files.ts";
import { Network, STACK } from "./support/network.ts";
import { skip } from "./support/requirements.ts";

describe("echo with half-close", () => {
  let network: Network;

  before(async () => {
    if (skip) return;
    network = new Network();
    await network.thimble(["echo", "7"]);
  });

  after(() => network?.close());

  it("returns all of 10 MB after nc has shut down its sending side", { skip }, async () => {
    const file = join(network.folder, "10 MB");
    const sent = writeRandomFile(file, 10_000_000);
    const { status, stdout, stderr } = await network.run("nc", ["-N", STACK, "7"], file);
    assert.equal(status, 0, stderr);
    assert.equal(stdout.length, 10_000_000);
    assert.equal(sha256(stdout), sent);
  });

  it("returns a single byte, and nothing for nothing", { skip }, async () => {
    const file = join(network.folder, "one byte");
    for (const content of ["x", ""]) {
      writeFileSync(file, content);
      const { status, stdout } = await network.run("nc", ["-N", STACK, "7"], file);
      assert.equal(status, 0);
      assert.equal(stdout.toString(), content);
    }
  });

  it("returns datagrams over UDP, as large as a frame takes", { skip }, async () => {
    for (const bytes of [1, 1472]) {
      const file = join(network.folder, "datagram");
      writeFileSync(file, "d".repeat(bytes));
      const { stdout } = await network.run("nc", ["-u", "-w", "1", STACK, "7"], file);
      assert.equal(stdout.toString(), "d".repeat(bytes));
    }
  });

  it("sent nothing that Wireshark finds fault with", { skip }, () => checkCaptures(network));
});
