// The TAP wire against the Linux kernel, in a network namespace of its own. Needs root.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const NAMESPACE = `thimble-tap-${process.pid}`;
const PEER = fileURLToPath(new URL("tap-peer.ts", import.meta.url));

function whyNot(): string | false {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux";
  if (spawnSync("ip", ["netns"]).status !== 0) return "needs ip from iproute2";
  if (spawnSync("ping", ["-V"]).status !== 0) return "needs ping";
  return spawnSync("test", ["-c", "/dev/net/tun"]).status !== 0 && "needs /dev/net/tun";
}

interface Report {
  mtu: number;
  received: number;
  shortest: number;
  up: boolean;
  busy: { code: string; message: string };
  otherKind: { code: string; message: string };
  forbidden: { code: string; message: string };
}

describe("a TAP", { skip: whyNot() }, () => {
  let report: Report;

  before(() => {
    execFileSync("ip", ["netns", "add", NAMESPACE]);
    const command = ["netns", "exec", NAMESPACE, process.execPath, "--import", "tsx", PEER];
    // A TAP that kept the process alive would end in this timeout, and in an error.
    report = JSON.parse(execFileSync("ip", command, { encoding: "utf8", timeout: 20_000 }));
  });
  after(() => {
    execFileSync("ip", ["netns", "delete", NAMESPACE]);
  });

  it("carries frames both ways", () => assert.equal(report.received, 50));
  it("knows the interface's MTU", () => assert.equal(report.mtu, 1500));
  it("pads what the kernel leaves short, such as its ARP requests", () => assert.equal(report.shortest, 60));
  it("is down once it is closed", () => assert.equal(report.up, false));

  it("in use elsewhere is refused with a sentence", () => {
    assert.equal(report.busy.code, "EBUSY");
    assert.match(report.busy.message, /^The TAP tap0 is in use/);
  });
  it("that is another kind of interface is refused", () => {
    assert.equal(report.otherKind.code, "EINVAL");
    assert.match(report.otherKind.message, /^lo is an interface of another kind/);
  });
  it("is refused to whoever may not have it, with what an administrator can do", () => {
    assert.match(report.forbidden.code, /^(EPERM|EACCES)$/);
    assert.match(report.forbidden.message, /ip tuntap add dev tap1 mode tap user nobody/);
  });
});
