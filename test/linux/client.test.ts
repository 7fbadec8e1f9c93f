// The stack as the one that asks: it fetches from a server of the kernel's, pings the kernel, and is told when nobody
// listens or nobody is there.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { checkCaptures } from "./support/capture.ts";
import { sha256OfFile, writeRandomFile } from "./support/files.ts";
import { KERNEL, Network } from "./support/network.ts";
import { skip } from "./support/requirements.ts";

const PORT = 8080;

/** Serves one file, named by the first argument, and says when it is ready. */
const SERVER = `
  const { createReadStream } = require("node:fs");
  const server = require("node:http").createServer((request, response) => {
    createReadStream(process.argv[1]).pipe(response);
  });
  server.listen(${PORT}, "${KERNEL}", () => console.log("ready"));
`;

describe("asking the kernel", () => {
  let network: Network;
  let content: string;

  before(async () => {
    if (skip) return;
    network = new Network();
    const file = join(network.folder, "file");
    content = writeRandomFile(file, 5_000_000);
    // The kernel has its address on the TAP whether or not a stack is there yet.
    const server = network.spawn(process.execPath, ["-e", SERVER, file]);
    await new Promise((resolve, reject) => {
      server.stdout?.once("data", resolve);
      server.once("close", () => reject(new Error("the server of the test does not run")));
    });
  });

  after(() => network?.close());

  it("thimble get fetches 5 MB byte for byte", { skip }, async () => {
    const target = join(network.folder, "fetched");
    const { status, stderr } = await network.thimbleToItsEnd(["get", `http://${KERNEL}:${PORT}/`, "-o", target]);
    assert.equal(status, 0, stderr);
    assert.equal(sha256OfFile(target), content);
  });

  it("thimble ping gets all its answers", { skip }, async () => {
    // The kernel takes a second to notice that its TAP has a carrier; what is asked until then waits for its ARP reply.
    const { status, stdout } = await network.thimbleToItsEnd([
      "ping",
      KERNEL,
      "-c",
      "5",
      "-i",
      "0.3",
      "-W",
      "5",
      "--json",
    ]);
    assert.equal(status, 0, stdout.toString());
    assert.match(stdout.toString(), /"received": ?5\b/);
  });

  it("a port where nobody listens is refused", { skip }, async () => {
    const { status, stderr } = await network.thimbleToItsEnd(["get", `http://${KERNEL}:9/`]);
    assert.equal(status, 1);
    assert.match(stderr, /refused|ECONNREFUSED/i);
  });

  it("a neighbor that does not exist is reported as unreachable, within seconds", { skip }, async () => {
    const { status, stderr, took } = await network.thimbleToItsEnd(["get", "http://10.77.0.99/"]);
    assert.equal(status, 1);
    assert.match(stderr, /unreachable|EHOSTUNREACH|answers/i);
    assert.ok(took < 10_000, `took ${took} ms`);
  });

  it("sent nothing that Wireshark finds fault with", { skip }, () => checkCaptures(network));
});
