// Ports where nobody listens are refused, at once and in the way the kernel understands; a scanner sees exactly what
// is open and does no harm.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { checkCaptures } from "./support/capture.ts";
import { Network, STACK } from "./support/network.ts";
import { skip } from "./support/requirements.ts";

/** Sends a datagram from a connected socket and prints the code of the error that comes back, or "none" after 3 s. */
const CONNECTED_UDP = `
  const socket = require("node:dgram").createSocket("udp4");
  const end = (text) => { console.log(text); socket.close(); clearTimeout(timer); };
  const timer = setTimeout(() => end("none"), 3000);
  socket.on("error", (error) => end(error.code));
  socket.connect(9, "${STACK}", () => socket.send("anybody?"));
`;

describe("unserved ports", () => {
  let network: Network;

  before(async () => {
    if (skip) return;
    network = new Network();
    const folder = join(network.folder, "www");
    mkdirSync(folder);
    writeFileSync(join(folder, "index.html"), "still here");
    await network.thimble(["serve", folder]);
  });

  after(() => network?.close());

  it("of TCP are refused at once", { skip }, async () => {
    const { status, stderr, took } = await network.run("nc", ["-v", "-w", "5", STACK, "9"]);
    assert.equal(status, 1);
    assert.match(stderr, /Connection refused/);
    assert.ok(took < 1000, `took ${took} ms`);
  });

  it("of UDP answer port unreachable, which a connected socket sees as ECONNREFUSED", { skip }, async () => {
    const { stdout, took } = await network.run(process.execPath, ["-e", CONNECTED_UDP]);
    assert.equal(stdout.toString().trim(), "ECONNREFUSED");
    assert.ok(took < 2000, `took ${took} ms`);
  });

  it("nmap finds exactly the open port among 2000, and the stack serves on", { skip }, async () => {
    const { status, stdout, stderr } = await network.run("nmap", ["-sS", "-n", "-p1-2000", "-oG", "-", STACK]);
    assert.equal(status, 0, stderr);
    assert.deepEqual(stdout.toString().match(/\d+\/open\/tcp/g), ["80/open/tcp"]);
    assert.doesNotMatch(stdout.toString(), /filtered/i);
    const page = await network.run("curl", ["-sS", "--fail", `http://${STACK}/`]);
    assert.equal(page.stdout.toString(), "still here", page.stderr);
  });

  it("sent nothing that Wireshark finds fault with", { skip }, () => checkCaptures(network));
});
