// The commands that look at a running stack: ss, lsof, ip, ifconfig, arp, netstat. There are two, and a connection
// between them.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Runtime, wirePair } from "./support.ts";

const runtime = new Runtime();
const [left, right] = wirePair();
const server = ["--name", "server", "--address", "10.0.0.2/24,2001:db8::2/64", ...left];
const client = ["--name", "client", "--address", "10.0.0.1/24", ...right];
let pid = 0;

before(async () => {
  ({ pid } = await runtime.start(["echo", "7", ...server], /Echoing/));
  await runtime.start(["nc", "-dv", "10.0.0.2", "7", ...client], /succeeded/);
});

after(() => runtime.close());

/** What a command says of one of the stacks. */
async function see(stack: string, ...args: string[]): Promise<string> {
  return (await runtime.run([...args, "--stack", stack])).stdout;
}

describe("ss", () => {
  test("-tnio shows the insides of a connection", async () => {
    const [titles, socket, inside] = (await see("client", "ss", "-tnio")).split("\n");
    assert.match(titles ?? "", /^State +Recv-Q Send-Q +Local Address:Port +Peer Address:Port$/);
    assert.match(socket ?? "", /^ESTAB +0 +0 +10\.0\.0\.1:\d+ +10\.0\.0\.2:7$/);
    assert.match(
      inside ?? "",
      /^\t ts sack cubic wscale:\d+,\d+ rto:\d+ rtt:\S+ mss:\d+ cwnd:\S+ send \S+bps lastsnd:\d+ /,
    );
  });

  test("-tlnp shows who listens", async () => {
    const text = await see("server", "ss", "-tlnp");
    assert.match(text, new RegExp(`^LISTEN +0 +128 +\\*:7 +\\*:\\* users:\\(\\("server",pid=${pid},fd=0\\)\\)$`, "m"));
  });

  test("filters by state, port and address", async () => {
    assert.match(await see("client", "ss", "-tn", "state", "estab", "dport", "=", ":echo"), /:7\n/);
    assert.match(await see("client", "ss", "-tn", "state established dst 10.0.0.2"), /:7\n/);
    assert.doesNotMatch(await see("client", "ss", "-tn", "state", "syn-sent"), /:7/);
    assert.doesNotMatch(await see("client", "ss", "-tn", "sport", "!=", ":7", "dst", "10.0.0.3"), /:7/);
  });

  test("-s counts, --json gives everything", async () => {
    assert.match(await see("server", "ss", "-s"), /^TCP: {3}2 \(estab 1, listen 1, /m);
    const [row] = JSON.parse(await see("client", "ss", "-t", "--json"));
    assert.equal(row.state, "ESTABLISHED");
    assert.equal(row.remotePort, 7);
  });
});

describe("lsof", () => {
  test("-iTCP -sTCP:LISTEN -n -P lists the open ports, in either spelling", async () => {
    for (const args of [
      ["-iTCP", "-sTCP:LISTEN", "-n", "-P"],
      ["-PiTCP", "-sTCP:LISTEN"],
    ]) {
      const [titles, line, ...more] = (await see("server", "lsof", ...args)).split("\n");
      assert.match(titles ?? "", /^COMMAND +PID +USER +FD TYPE DEVICE NODE NAME$/);
      assert.match(line ?? "", new RegExp(`^server +${pid} \\S+ +0u IP +any +TCP +\\*:7 \\(LISTEN\\)$`));
      assert.deepEqual(more, [""]);
    }
  });

  test("names services without -P, and takes address, port and version", async () => {
    assert.match(
      await see("client", "lsof", "-i4TCP@10.0.0.2:echo"),
      /10\.0\.0\.1:\d+->10\.0\.0\.2:echo \(ESTABLISHED\)/,
    );
    assert.equal(await see("server", "lsof", "-t", "-iUDP:1-10"), `${pid}\n`);
  });

  test("says by its exit code that there is nothing", async () => {
    const { status, stdout } = await runtime.run(["lsof", "-i:99", "--stack", "server"]);
    assert.deepEqual([status, stdout], [1, ""]);
  });
});

describe("ip, ifconfig and arp", () => {
  test("ip addr, in full and in short", async () => {
    const text = await see("server", "ip", "addr");
    assert.match(text, /^0: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP$/m);
    assert.match(text, /^ {4}link\/ether 02:00:0a:00:00:02 brd ff:ff:ff:ff:ff:ff wire dgram:\d+\/\d+$/m);
    assert.match(text, /^ {4}inet 10\.0\.0\.2\/24 scope global eth0\n {7}valid_lft forever preferred_lft forever$/m);
    assert.match(text, /^ {4}inet6 2001:db8::2\/64 scope global/m);
    assert.match(await see("server", "ip", "-br", "-4", "a"), /^eth0 +UP +10\.0\.0\.2\/24$/m);
    assert.doesNotMatch(await see("server", "ip", "-6", "addr", "show", "dev", "eth0"), /inet 10/);
    const [link] = JSON.parse(await see("server", "ip", "-j", "addr", "show", "eth0"));
    assert.equal(link.addresses[0].address, "10.0.0.2");
  });

  test("ip link counts, ip route and ip maddr list", async () => {
    assert.match(await see("server", "ip", "-s", "link"), /RX: {2}packets {2}errors[^\n]*\n +\d+ +0 +0 +\d+\n/);
    assert.match(await see("server", "ip", "route"), /^10\.0\.0\.0\/24 dev eth0 proto static scope link$/m);
    assert.match(await see("server", "ip", "-6", "r"), /^2001:db8::\/64 dev eth0 /m);
    assert.match(await see("server", "ip", "maddr"), /^0:\teth0\n(\t.*\n)*\tinet {2}224\.0\.0\.1$/m);
    assert.match(await see("client", "ip", "n"), /^10\.0\.0\.2 dev eth0 lladdr 02:00:0a:00:00:02 \w+$/m);
  });

  test("ifconfig and arp", async () => {
    assert.match(await see("server", "ifconfig", "eth0"), /^eth0: <UP,BROADCAST,RUNNING,MULTICAST> {2}mtu 1500$/m);
    assert.match(await see("server", "ifconfig"), /^ {8}inet 10\.0\.0\.2 {2}netmask 255\.255\.255\.0$/m);
    assert.match(await see("client", "arp", "-n"), /^10\.0\.0\.2 +ether +02:00:0a:00:00:02 +\w+ +eth0$/m);
    assert.equal(await see("client", "arp", "-a"), "? (10.0.0.2) at 02:00:0a:00:00:02 [ether] on eth0\n");
  });

  test("an adapter that is none is said to be", async () => {
    const { status, stderr } = await runtime.run(["ifconfig", "eth7", "--stack", "server"]);
    assert.equal(status, 2);
    assert.match(stderr, /no adapter eth7; it has eth0, lo/);
  });
});

describe("netstat", () => {
  test("-i counts frames for each adapter", async () => {
    assert.match(await see("server", "netstat", "-i"), /^eth0 +1500 +\d+ +0 +0 +\d+ +0 UBRM dgram:/m);
  });

  test("-l, -t, -u and -6 choose among sockets", async () => {
    const rows = async (...args: string[]): Promise<number> =>
      (await see("server", "netstat", "-n", ...args)).split("\n").filter((line) => /^(tcp|udp)/.test(line)).length;
    assert.deepEqual([await rows("-a"), await rows("-lt"), await rows("-au"), await rows()], [3, 1, 1, 1]);
  });
});
