// The commands that run a stack, on a simulated cable, and what `thimble netstat` sees of them from outside.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, describe, test } from "node:test";
import { DEMO_PAGE } from "../../host/cli/demo-page.ts";
import { type Running, Runtime } from "./support.ts";

const runtime = new Runtime();
after(() => runtime.close());

const running: Running[] = [];
afterEach(async () => {
  for (const command of running.splice(0)) await command.stop("SIGKILL");
});

async function start(args: string[], ready: RegExp): Promise<Running> {
  const command = await runtime.start(args, ready);
  running.push(command);
  return command;
}

function startEcho(name = "echo"): Promise<Running> {
  return start(["echo", "7", "--wire", "sim", "--name", name], /Echoing TCP and UDP on 10\.0\.0\.1:7/);
}

describe("ping", () => {
  test("says how many came back", async () => {
    const { status, stdout } = await runtime.run(["ping", "10.0.0.2", "-c", "3", "-i", "0.01", "--wire", "sim"]);
    assert.equal(status, 0);
    assert.match(stdout, /^PING 10\.0\.0\.2 from 10\.0\.0\.1: 56 bytes of data\.\n/);
    assert.equal(stdout.match(/^64 bytes from 10\.0\.0\.2: icmp_seq=[123] ttl=64 time=\d+\.\d{3} ms$/gm)?.length, 3);
    assert.match(stdout, /^3 packets transmitted, 3 received, 0% packet loss, time \d+ms$/m);
    assert.match(stdout, /^rtt min\/avg\/max\/mdev = \d+\.\d+\/\d+\.\d+\/\d+\.\d+\/\d+\.\d+ ms$/m);
  });

  test("measures the cable's delay, and carries what it is told to", async () => {
    const args = ["ping", "10.0.0.9", "-c", "2", "-i", "0.01", "-s", "1472", "--wire", "sim:delay=30ms", "--json"];
    const { status, stdout } = await runtime.run(args);
    assert.equal(status, 0);
    const { received, replies } = JSON.parse(stdout);
    assert.equal(received, 2);
    // The first one waits for ARP as well.
    assert.ok(replies[1].micros >= 60_000, stdout);
    assert.equal(replies[1].bytes, 1472);
  });

  test("asks over IPv6 as over IPv4: the address tells", async () => {
    const { status, stdout } = await runtime.run(["ping", "2001:db8::2", "-c", "2", "-i", "0.01", "--wire", "sim"]);
    assert.equal(status, 0);
    assert.match(stdout, /^PING 2001:db8::2 from 2001:db8::1: 56 bytes of data\.\n/);
    assert.match(stdout, /^64 bytes from 2001:db8::2: icmp_seq=2 ttl=64 time=/m);
  });

  test("reaches a neighbor by its address for the link, with or without the zone", async () => {
    const { status, stdout } = await runtime.run(["ping", "fe80::5%0", "-c", "1", "--wire", "sim"]);
    assert.equal(status, 0);
    assert.match(stdout, /^PING fe80::5 from fe80::[0-9a-f:]+: 56 bytes of data\.\n/);
  });

  test("ends with exit code 1 when nothing comes back", async () => {
    const args = ["ping", "10.0.0.2", "-c", "2", "-i", "0.01", "-W", "0.2", "--wire", "sim:loss=100%"];
    const { status, stdout } = await runtime.run(args);
    assert.equal(status, 1);
    assert.match(stdout, /2 packets transmitted, 0 received, 100% packet loss/);
    assert.doesNotMatch(stdout, /rtt/);
  });

  test("Ctrl-C ends it with its statistics", async () => {
    const command = await start(["ping", "10.0.0.2", "-i", "0.05", "--wire", "sim"], /icmp_seq=2 /);
    const { status, stdout } = await command.stop("SIGINT");
    assert.equal(status, 0);
    assert.match(stdout, /packets transmitted/);
  });
});

describe("tracepath", () => {
  test("reaches the machine on a simulated cable in one hop", async () => {
    for (const address of ["10.0.0.2", "2001:db8::2"]) {
      const { status, stdout } = await runtime.run(["tracepath", address, "--wire", "sim"]);
      assert.equal(status, 0);
      const [local, hop, resume] = stdout.split("\n");
      assert.match(local ?? "", /^ 1\?: \[LOCALHOST\] +pmtu 1500$/);
      assert.match(hop ?? "", new RegExp(`^ 1:  ${address} +\\d+\\.\\d{3}ms reached$`));
      assert.equal(resume, "     Resume: pmtu 1500 hops 1 back 1");
    }
  });

  test("ends with exit code 1 when nobody answers", async () => {
    const args = ["tracepath", "10.0.0.2", "-m", "1", "-W", "0.05", "--json", "--wire", "sim:loss=100%"];
    const { status, stdout } = await runtime.run(args);
    assert.equal(status, 1);
    assert.deepEqual([JSON.parse(stdout).isReached, JSON.parse(stdout).hops.length], [false, 1]);
  });
});

describe("complete", () => {
  test("knows commands, options, kinds of wire and running stacks", async () => {
    await startEcho("one");
    const suggestions = async (...args: string[]): Promise<string> =>
      (await runtime.run(["complete", "--", ...args])).stdout;
    assert.match(await suggestions("net"), /^netstat\t/);
    assert.match(await suggestions("ss", "--"), /^--numeric\t/m);
    assert.match(await suggestions("echo", "7", "--wire", ""), /^sim\t/m);
    assert.match(await suggestions("ss", "--stack", ""), /^one\tprocess \d+$/m);
  });

  test("prints a script for each shell", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const { status, stdout } = await runtime.run(["complete", shell]);
      assert.equal(status, 0);
      assert.match(stdout, /thimble complete/);
    }
  });
});

describe("get", () => {
  test("writes the page to stdout", async () => {
    const { status, stdout, stderr } = await runtime.run([
      "get",
      "http://10.0.0.2/",
      "--wire",
      "sim:loss=5%,delay=1ms",
    ]);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, DEMO_PAGE);
    assert.equal(stderr, "");
  });

  test("fetches from an IPv6 address in brackets", async () => {
    const { status, stdout, stderr } = await runtime.run(["get", "http://[2001:db8::2]:8080/", "--wire", "sim"]);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, DEMO_PAGE);
  });

  test("writes the page to a file, and what it was to stdout", async () => {
    const file = join(runtime.folder, "page.html");
    const args = ["get", "10.0.0.2:8080/page", "-o", file, "--json", "--wire", "sim", "--seed", "1"];
    const { status, stdout } = await runtime.run(args);
    assert.equal(status, 0);
    assert.equal(readFileSync(file, "utf8"), DEMO_PAGE);
    const { url, status: httpStatus, bytes, output } = JSON.parse(stdout);
    assert.deepEqual([url, httpStatus, output], ["http://10.0.0.2:8080/page", 200, file]);
    assert.equal(bytes, Buffer.byteLength(DEMO_PAGE));
  });

  test("a file that cannot be written is a failure with a sentence", async () => {
    const args = ["get", "http://10.0.0.2/", "-o", join(runtime.folder, "no-folder", "page"), "--wire", "sim"];
    const { status, stderr } = await runtime.run(args);
    assert.equal(status, 1);
    assert.match(stderr, /^thimble get: [^\n]*no-folder[^\n]*\n$/);
  });

  test("gives up on a server that never answers", async () => {
    const { status, stderr } = await runtime.run(["get", "http://10.0.0.2/", "-m", "0.5", "--wire", "sim:loss=100%"]);
    assert.equal(status, 1);
    assert.match(stderr, /^thimble get: [^\n]+\n$/);
  });
});

describe("serve", () => {
  test("says what it serves and how to reach it, and ends cleanly", async () => {
    const command = await start(["serve", runtime.folder, "--port", "8080", "--wire", "sim"], /Serving/);
    await command.says(/at http:\/\/10\.0\.0\.1:8080\/ and http:\/\/\[2001:db8::1\]:8080\/ \(sim\)\. Ctrl-C ends\.\n/);
    await command.says(/ +try +curl http:\/\/10\.0\.0\.1:8080\//);
    const socket = join(runtime.folder, "thimble", `serve-${command.pid}.sock`);
    assert.ok(existsSync(socket));
    const { status, stderr } = await command.stop("SIGTERM");
    assert.equal(status, 0);
    assert.equal(stderr, "");
    assert.equal(existsSync(socket), false);
  });
});

describe("netstat of a running stack", () => {
  test("-ano shows its sockets with their owner", async () => {
    const { pid } = await startEcho();
    const { status, stdout } = await runtime.run(["netstat", "-ano"]);
    assert.equal(status, 0);
    const [title, head, tcp, udp] = stdout.split("\n");
    assert.equal(title, "Active Internet connections (servers and established)");
    assert.match(head ?? "", /^Proto Recv-Q Send-Q Local Address +Foreign Address +State +PID\/owner +Timer +Sent$/);
    assert.match(tcp ?? "", new RegExp(`^tcp +0 +\\d+ 0\\.0\\.0\\.0:7 +0\\.0\\.0\\.0:\\* +LISTEN +${pid}/echo +off `));
    assert.match(udp ?? "", new RegExp(`^udp +0 +0 0\\.0\\.0\\.0:7 +\\*:\\* +${pid}/echo`));
  });

  test("without -a there is nothing to see, without -n ports have names", async () => {
    await startEcho();
    assert.equal((await runtime.run(["netstat"])).stdout.trimEnd().split("\n").length, 2);
    assert.match((await runtime.run(["netstat", "-a"])).stdout, /0\.0\.0\.0:echo/);
  });

  test("-s, -r, -g, --neigh and --json", async () => {
    const ping = await start(["ping", "10.0.0.2", "-i", "0.05", "--wire", "sim"], /icmp_seq=2 /);
    const { stdout: statistics } = await runtime.run(["netstat", "-s"]);
    assert.match(statistics, /^Icmp:\n[\s\S]* echo replies received \(IcmpInEchoReps\)$/m);
    assert.match((await runtime.run(["netstat", "-r"])).stdout, /^10\.0\.0\.\d\/24 +\* +U +0 +manual +never$/m);
    assert.match((await runtime.run(["netstat", "-g"])).stdout, /^0 +1 +224\.0\.0\.1 +\*$/m);
    assert.match((await runtime.run(["netstat", "--neigh"])).stdout, /^10\.0\.0\.2 +02:00:0a:00:00:02 +REACHABLE +0$/m);
    const sockets = JSON.parse((await runtime.run(["netstat", "--json"])).stdout);
    assert.ok(Array.isArray(sockets));
    const counters = JSON.parse((await runtime.run(["netstat", "-s", "--json"])).stdout);
    assert.ok(counters.IcmpOutEchos >= 2);
    await ping.stop();
  });

  test("--addresses and --name-servers, of the addresses it was given", async () => {
    const addresses = ["--address", "10.1.0.1/16,10.2.0.1/16", "--address", "2001:db8:7::1/64"];
    await start(
      ["echo", "7", "--wire", "sim", ...addresses],
      /10\.1\.0\.1:7 and 10\.2\.0\.1:7 and \[2001:db8:7::1\]:7/,
    );
    const { stdout: own } = await runtime.run(["netstat", "--addresses"]);
    for (const address of ["10.1.0.1/16", "10.2.0.1/16", "2001:db8:7::1/64"]) {
      assert.match(own, new RegExp(`^${address} +PREFERRED +0 +manual +never +never$`, "m"));
    }
    assert.match(own, /^fe80::[0-9a-f:]+\/64 +(TENTATIVE|PREFERRED) +0 +link-local +never +never$/m);
    // On a simulated cable it is told to ask the machine at the other end.
    assert.match(
      (await runtime.run(["netstat", "--name-servers"])).stdout,
      /^Name servers\nAddress +Adapter Origin Expires\n10\.1\.0\.2 +\* +manual never\n$/,
    );
    const servers = JSON.parse((await runtime.run(["netstat", "--name-servers", "--json"])).stdout);
    assert.deepEqual(
      servers.map(({ address }: { address: string }) => address),
      ["10.1.0.2"],
    );
  });

  test("of several stacks one is chosen by name or PID", async () => {
    const first = await startEcho("one");
    await startEcho("two");
    const unchosen = await runtime.run(["netstat", "-ano"]);
    assert.equal(unchosen.status, 2);
    assert.match(unchosen.stderr, /^one +\d+ +echo +sim +10\.0\.0\.1\/24/m);
    assert.match(unchosen.stderr, /\nthimble netstat: Several stacks are running; choose one with --stack [^\n]*\n$/);
    const { stdout: byName } = await runtime.run(["netstat", "-ano", "--stack", "two"]);
    assert.match(byName, /\/two/);
    const { stdout: byPid } = await runtime.run(["netstat", "-ano", "--stack", `${first.pid}`]);
    assert.match(byPid, /\/one/);
    const wrong = await runtime.run(["netstat", "--stack", "three"]);
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /No running stack is called three/);
    const { stdout: list } = await runtime.run(["netstat", "--list", "--json"]);
    assert.deepEqual(
      JSON.parse(list).map(({ name }: { name: string }) => name),
      ["one", "two"],
    );
  });

  test("a stack that was killed leaves nothing that disturbs", async () => {
    const killed = await startEcho("killed");
    await killed.stop("SIGKILL");
    const folder = join(runtime.folder, "thimble");
    assert.ok(existsSync(join(folder, `killed-${killed.pid}.sock`)));
    const { status, stderr } = await runtime.run(["netstat"]);
    assert.equal(status, 1);
    assert.match(stderr, /No stack of yours is running/);
    assert.deepEqual(readdirSync(folder), []);
  });
});

describe("memory", () => {
  test("prints the map of a profile, which adds up", async () => {
    const { status, stdout } = await runtime.run(["memory", "--profile", "tiny", "--json"]);
    assert.equal(status, 0);
    const { regions, used, total } = JSON.parse(stdout) as {
      regions: { name: string; base: number; bytes: number }[];
      used: number;
      total: number;
    };
    assert.equal(total, 24 * 1024);
    assert.ok(used <= total);
    const named = regions.reduce((sum, { bytes }) => sum + bytes, 0);
    assert.ok(named <= used);
    assert.ok(regions.some(({ name }) => name === "TCBS"));
  });

  test("of a running stack shows what is in use", async () => {
    await startEcho();
    const { stdout } = await runtime.run(["memory", "--running"]);
    assert.match(stdout, /^Linear memory of echo \(PID \d+, profile node\)\nregion .* used +most +refused$/m);
    assert.match(stdout, /^tcbs .* 1 +1 +0$/m);
  });
});

describe("when the runtime folder cannot be used", () => {
  test("the stack runs, and says that netstat will not find it", async () => {
    const file = join(runtime.folder, "not-a-folder");
    writeFileSync(file, "");
    const args = ["ping", "10.0.0.2", "-c", "1", "--wire", "sim"];
    const { status, stderr } = await runtime.run(args, { XDG_RUNTIME_DIR: file });
    assert.equal(status, 0);
    assert.match(stderr, /^thimble netstat will not find this stack: [^\n]+\n$/);
  });
});
