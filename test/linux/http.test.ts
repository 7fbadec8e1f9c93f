// curl fetches from `thimble serve`: one large file, and many at once.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { checkCaptures } from "./support/capture.ts";
import { sha256, sha256OfFile, writeRandomFile } from "./support/files.ts";
import { FULL, Network, STACK } from "./support/network.ts";
import { skip } from "./support/requirements.ts";

const MEGABYTES = FULL ? 100 : 20;
const AT_ONCE = 50;

describe("serving files over HTTP", () => {
  let network: Network;
  let large: string;
  let small: string;

  before(async () => {
    if (skip) return;
    network = new Network();
    const folder = join(network.folder, "www");
    mkdirSync(folder);
    large = writeRandomFile(join(folder, "large"), MEGABYTES * 1_000_000);
    small = writeRandomFile(join(folder, "small"), 200_000);
    await network.thimble(["serve", folder]);
  });

  after(() => network?.close());

  it(`curl fetches ${MEGABYTES} MB byte for byte`, { skip }, async () => {
    const target = join(network.folder, "fetched");
    const { status, stderr } = await network.run("curl", ["-sS", "--fail", "-o", target, `http://${STACK}/large`]);
    assert.equal(status, 0, stderr);
    assert.equal(sha256OfFile(target), large);
  });

  it(`${AT_ONCE} curls at once all succeed`, { skip }, async () => {
    const curl = () => network.run("curl", ["-sS", "--fail", `http://${STACK}/small`]);
    const outcomes = await Promise.all(Array.from({ length: AT_ONCE }, curl));
    assert.deepEqual(
      outcomes.filter(({ status }) => status !== 0).map(({ stderr }) => stderr),
      [],
    );
    for (const { stdout } of outcomes) assert.equal(sha256(stdout), small);
  });

  it("answers a path that is not there with 404", { skip }, async () => {
    const { stdout } = await network.run("curl", [
      "-sS",
      "-o",
      "/dev/null",
      "-w",
      "%{http_code}",
      `http://${STACK}/none`,
    ]);
    assert.equal(stdout.toString(), "404");
  });

  it("sent nothing that Wireshark finds fault with", { skip }, () => checkCaptures(network));
});
