// The kernel and the stack reach each other over IPv6 as over IPv4, with addresses of the link and such as go everywhere:
// pings, and a page each way, byte for byte. 10 MB; 100 MB with THIMBLE_FULL=1. And what ndisc6 asks is answered.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { checkCaptures } from "./support/capture.ts";
import { pseudoRandom, sha256 } from "./support/files.ts";
import { addressOf, curl, ETH, type Host, Lan, type Program } from "./support/lan.ts";
import { FULL, STACK_MAC } from "./support/network.ts";
import { skipWithout } from "./support/requirements.ts";

const BYTES = FULL ? 100_000_000 : 10_000_000;
const GLOBAL = "2001:db8:77::2";
const KERNEL_GLOBAL = "2001:db8:77::1";

const skip = skipWithout("ndisc6");

describe("the kernel and the stack over both versions of IP", () => {
  let lan: Lan;
  let host: Host;
  let kernel: Program;
  let stack: Program;
  /** The stack's address and the kernel's, by kind. */
  const pairs: Record<string, { stack: string; zone: string; kernel: string }> = {};
  let page: string;

  before(async () => {
    if (skip) return;
    lan = new Lan();
    host = lan.host();
    host.addAddress("10.77.0.1/24");
    host.addAddress(`${KERNEL_GLOBAL}/64`);
    kernel = await host.program();
    stack = await lan.stack({ address: ["10.77.0.2/24", `${GLOBAL}/64`], autoconfigure: ["link-local"] });
    await stack.ask("ready");
    const local = addressOf(await stack.look(), ({ origin }) => origin === "LINK_LOCAL");
    pairs.IPv4 = { stack: "10.77.0.2", zone: "", kernel: "10.77.0.1" };
    pairs.IPv6 = { stack: GLOBAL, zone: "", kernel: KERNEL_GLOBAL };
    pairs["IPv6 on the link"] = { stack: local, zone: `%${ETH}`, kernel: await host.linkLocal() };
    page = sha256(pseudoRandom(BYTES));
  });

  after(() => lan?.close());

  for (const kind of ["IPv4", "IPv6", "IPv6 on the link"]) {
    it(`${kind}: the kernel's pings of every size that fits a frame are answered`, { skip }, async () => {
      const { stack: address, zone } = pairs[kind];
      for (const size of [0, 56, kind === "IPv4" ? 1472 : 1452]) {
        const pings = ["-q", "-c", "100", "-i", "0.002", "-s", `${size}`, `${address}${zone}`];
        const { stdout, stderr } = await host.run("ping", pings);
        // For the last answer ping waits twice the longest round trip, which may be less than a process is kept waiting.
        assert.match(stdout.toString(), /100 packets transmitted, (99|100) received/, stderr);
        assert.doesNotMatch(stdout.toString(), /duplicates|corrupted|errors/);
      }
    });

    it(`${kind}: the kernel answers the stack's`, { skip }, async () => {
      const { bytes } = await stack.ask<{ bytes: number }>("ping", { address: pairs[kind].kernel, bytes: 1400 });
      assert.equal(bytes, 1400);
    });

    it(`${kind}: curl fetches ${BYTES / 1e6} MB from the stack`, { skip }, async () => {
      const { stack: address, zone } = pairs[kind];
      assert.equal(sha256(await curl(host, `${address}${zone}`, BYTES)), page);
    });

    it(`${kind}: the stack fetches ${BYTES / 1e6} MB from the kernel`, { skip }, async () => {
      const fetched = await stack.fetch(pairs[kind].kernel, BYTES);
      assert.deepEqual(fetched, { bytes: BYTES, sha256: page });
    });
  }

  it("a port where nobody listens is refused over IPv6, both ways", { skip }, async () => {
    const { status, stderr } = await host.run("nc", ["-v", "-w", "5", GLOBAL, "9"]);
    assert.equal(status, 1);
    assert.match(stderr, /Connection refused/);
    await kernel.stop();
    await assert.rejects(stack.fetch(KERNEL_GLOBAL, 1), { code: "ECONNREFUSED" });
  });

  it("ndisc6 learns the Ethernet address of every address that the stack has", { skip }, async () => {
    for (const kind of ["IPv6", "IPv6 on the link"]) {
      const { stdout, stderr } = await host.run("ndisc6", ["-q", "-1", pairs[kind].stack, ETH]);
      assert.equal(stdout.toString().trim().toLowerCase(), STACK_MAC, stderr);
    }
    const { status } = await host.run("ndisc6", ["-q", "-1", "-r", "1", "2001:db8:77::99", ETH]);
    assert.notEqual(status, 0);
  });

  it("rdisc6 hears no router: the stack is none", { skip }, async () => {
    const { stdout } = await host.run("rdisc6", ["-q", "-r", "1", "-w", "500", ETH]);
    assert.equal(stdout.toString().trim(), "");
  });

  it("sent nothing that Wireshark finds fault with", { skip }, async () => {
    await stack.stop();
    await checkCaptures(lan);
  });
});
