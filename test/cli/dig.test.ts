// `thimble dig`, and the options that have to do with names and leases, on a simulated cable.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Runtime } from "./support.ts";

const runtime = new Runtime();
after(() => runtime.close());

describe("dig", () => {
  test("prints what the server says in the form of zone files", async () => {
    const { status, stdout, stderr } = await runtime.run(["dig", "far.sim.test", "--wire", "sim"]);
    assert.equal(status, 0, stderr);
    const [first, answer, last] = stdout.split("\n");
    assert.equal(first, ";; far.sim.test A: NOERROR");
    assert.equal(answer, "far.sim.test.            60     IN  A     10.0.0.2");
    assert.match(last ?? "", /^;; \d+ ms; name servers: 10\.0\.0\.2$/);
  });

  test("asks for another type, for the name of an address, and prints little or data", async () => {
    const short = await runtime.run(["dig", "aaaa", "far.sim.test", "--short", "--wire", "sim"]);
    assert.equal(short.stdout, "2001:db8::2\n");
    const reverse = await runtime.run(["dig", "-x", "10.0.0.2", "--short", "--wire", "sim"]);
    assert.equal(reverse.stdout, "far.sim.test.\n");
    const { stdout } = await runtime.run(["dig", "far.sim.test", "--json", "--wire", "sim"]);
    const { name, type, status, records } = JSON.parse(stdout);
    assert.deepEqual([name, type, status], ["far.sim.test", "A", "FOUND"]);
    assert.deepEqual(records, [{ name: "far.sim.test", type: 1, ttl: 60, value: "10.0.0.2" }]);
  });

  test("ends with exit code 1 when there is no such name, or nobody answers", async () => {
    const none = await runtime.run(["dig", "nobody.sim.test", "--wire", "sim"]);
    assert.equal(none.status, 1);
    assert.match(none.stdout, /NXDOMAIN: there is no such name/);
    const silent = await runtime.run(["dig", "a.test", "@10.0.0.9", "--wire", "sim"]);
    assert.equal(silent.status, 1);
    assert.match(silent.stdout, /no server answered/);
  });

  test("has an address, a server and a domain from DHCP", async () => {
    const { status, stdout, stderr } = await runtime.run(["dig", "far", "--short", "--wire", "sim", "--dhcp"]);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, "10.0.0.2\n");
  });

  for (const [args, sentence] of [
    [["--wire", "sim"], /^thimble dig: Which name\? /],
    [["a.test", "b.test", "--wire", "sim"], /^thimble dig: b\.test: one name at a time; /],
    [["a.test", "@b.test", "--wire", "sim"], /^thimble dig: @SERVER b\.test: that is no address; /],
    [["-x", "a.test", "--wire", "sim"], /^thimble dig: -x a\.test: that is no address; /],
    [["a..b", "--wire", "sim"], /^thimble dig: "a\.\.b" is no name/],
    [["a.test", "--name-server", "b", "--wire", "sim"], /^thimble dig: --name-server b: that is no address; /],
  ] as const) {
    test(`refuses ${args.join(" ")} with a sentence`, async () => {
      const { status, stderr } = await runtime.run(["dig", ...args]);
      assert.equal(status, 2);
      assert.match(stderr, sentence);
      assert.equal(stderr.trim().split("\n").length, 1);
    });
  }
});

describe("--dhcp", () => {
  test("gets the stack an address, which netstat --leases explains", async () => {
    const command = await runtime.start(
      ["echo", "7", "--wire", "sim", "--dhcp", "--name", "leased"],
      /Echoing TCP and UDP on 10\.0\.0\.1\d\d:7/,
    );
    const { stdout } = await runtime.run(["netstat", "--leases", "--stack", "leased"]);
    assert.match(stdout, /^Leases\nAdapter Address +State +Server +Domain +Time +Renewed in Over in\n/);
    assert.match(stdout, /^0 +10\.0\.0\.1\d\d\/24 +BOUND +10\.0\.0\.2 +sim\.test +- +\d+:\d\d +(59:\d\d|1:00:00)$/m);
    const servers = await runtime.run(["netstat", "--name-servers", "--stack", "leased"]);
    assert.match(servers.stdout, /^10\.0\.0\.2 +0 +lease +(59:\d\d|1:00:00)$/m);
    await command.stop("SIGINT");
  });
});
