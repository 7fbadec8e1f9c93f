// A stack and a bridge of another machine's kernel on one VXLAN (RFC 7348): two namespaces with a cable between them stand for the
// machines. What passes between the tunnel's ends is what tshark, too, takes for VXLAN.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Namespace, ROOT } from "./support/namespace.ts";
import { skip } from "./support/requirements.ts";

const THIMBLE = join(ROOT, "dist/thimble.mjs");
const [OUR_END, KERNEL_END] = ["10.99.0.1", "10.99.0.2"];
const [STACK, KERNEL] = ["10.77.0.2", "10.77.0.1"];
const VNI = 42;
const TRIES = 100;
const PAUSE = 100;

describe("a VXLAN to a bridge of the kernel", { skip }, () => {
  let ours: Namespace;
  let theirs: Namespace;

  before(async () => {
    ours = new Namespace();
    theirs = new Namespace();
    ours.administer(["link", "add", "veth0", "type", "veth", "peer", "name", "veth1", "netns", theirs.name]);
    for (const [space, name, address] of [
      [ours, "veth0", OUR_END],
      [theirs, "veth1", KERNEL_END],
    ] as const) {
      space.administer(["addr", "add", `${address}/24`, "dev", name]);
      space.administer(["link", "set", name, "up"]);
    }
    const tunnel = ["id", `${VNI}`, "local", KERNEL_END, "remote", OUR_END, "dstport", "4789"];
    theirs.administer(["link", "add", "vx0", "type", "vxlan", ...tunnel]);
    theirs.administer(["link", "add", "br0", "type", "bridge", "forward_delay", "0"]);
    theirs.administer(["link", "set", "vx0", "master", "br0"]);
    theirs.administer(["addr", "add", `${KERNEL}/24`, "dev", "br0"]);
    for (const name of ["vx0", "br0"]) theirs.administer(["link", "set", name, "up"]);
    // A virtual cable needs no checksums, so the kernel leaves them out even inside of a tunnel; a real one makes them.
    for (const name of ["veth1", "vx0", "br0"]) await theirs.run("ethtool", ["-K", name, "tx", "off"]);
  });

  after(() => {
    ours?.close();
    theirs?.close();
  });

  it("carries pings of the narrower MTU, unbroken, and a page", async () => {
    const wire = `vxlan:${KERNEL_END}/${VNI}`;
    ours.spawn(process.execPath, [THIMBLE, "serve", ROOT, "--wire", wire, "--address", `${STACK}/24`]);
    const ping = (...more: string[]) => theirs.run("ping", ["-c", "1", "-W", "1", ...more, STACK]);
    for (let tries = 0; tries < TRIES && (await ping()).status !== 0; tries++) await setTimeout(PAUSE);
    // 1,450 bytes: 28 of them are the headers of IP and ICMP.
    const { status, stdout } = await ping("-s", "1422", "-M", "do");
    assert.equal(status, 0, stdout.toString());
    const fetched = await theirs.run("curl", ["-sS", "--max-time", "10", `http://${STACK}/LICENSE`]);
    assert.match(fetched.stdout.toString(), /MIT/, fetched.stderr);
  });
});
