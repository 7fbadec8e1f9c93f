// The module's web server under load from programs made for it: many connections at once, requests one behind the other in
// one write, and peers that are slow on purpose while a normal one wants a page.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { FULL, Network, STACK } from "./support/network.ts";
import { skip, skipWithout } from "./support/requirements.ts";

const SECONDS = FULL ? 30 : 3;
const REQUESTS = FULL ? 200_000 : 3000;
/** More than the server has places for. */
const SLOW_PEERS = FULL ? 1000 : 300;
const PAGE = "A page.\n".repeat(100);

describe("the web server under load", () => {
  let network: Network;

  before(async () => {
    if (skip) return;
    network = new Network();
    const folder = join(network.folder, "www");
    mkdirSync(folder);
    writeFileSync(join(folder, "page.txt"), PAGE);
    await network.thimble(["serve", folder]);
  });

  after(() => network?.close());

  async function run(program: string, ...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await network.run(program, args);
    assert.equal(status, 0, `${program}: ${stdout}${stderr}`);
    return stdout.toString();
  }

  it(`64 connections of wrk for ${SECONDS} s see no error`, { skip: skipWithout("wrk") }, async (t) => {
    const text = await run("wrk", "-t", "2", "-c", "64", "-d", `${SECONDS}s`, `http://${STACK}/page.txt`);
    assert.doesNotMatch(text, /Socket errors|Non-2xx/, text);
    const [rate = ""] = /Requests\/sec: +[\d.]+/.exec(text) ?? [];
    assert.notEqual(rate, "", text);
    t.diagnostic(rate);
  });

  it("h2load's requests in one write are all answered, in order", { skip: skipWithout("h2load") }, async () => {
    const args = ["--h1", "-n", String(REQUESTS), "-c", "16", "-m", "8", `http://${STACK}/page.txt`];
    const text = await run("h2load", ...args);
    assert.match(text, new RegExp(`${REQUESTS} total, .* ${REQUESTS} succeeded, 0 failed, 0 errored, 0 timeout`), text);
    assert.match(text, new RegExp(`status codes: ${REQUESTS} 2xx`), text);
  });

  const MANNERS: [string, string[]][] = [
    ["are slow over their heads", ["-H", "-i", "2"]],
    ["are slow over the body of a request", ["-B", "-i", "2"]],
    ["are slow to read what they asked for", ["-X", "-w", "1", "-y", "8", "-n", "2", "-z", "1"]],
  ];
  for (const [what, manner] of MANNERS) {
    it(`${SLOW_PEERS} peers that ${what} keep nobody out`, { skip: skipWithout("slowhttptest") }, async () => {
      const how = [
        "-c",
        String(SLOW_PEERS),
        "-r",
        "200",
        "-l",
        FULL ? "60" : "5",
        "-t",
        manner[0] === "-B" ? "POST" : "GET",
      ];
      const slow = network.run("slowhttptest", [...manner, ...how, "-u", `http://${STACK}/page.txt`]);
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve) => setTimeout(resolve, 700));
        assert.equal(await run("curl", "-sS", "--fail", "--max-time", "5", `http://${STACK}/page.txt`), PAGE);
      }
      await slow;
    });
  }
});
