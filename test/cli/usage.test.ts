// What the command line says of itself, and how it answers what makes no sense.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import manifest from "../../package.json" with { type: "json" };
import { Runtime } from "./support.ts";

const COMMANDS = [
  ...["demo", "serve", "echo", "get", "dig", "ping", "tracepath", "nc", "iperf3", "capture"],
  ...["netstat", "ss", "lsof", "ip", "ifconfig", "arp", "memory", "switch", "fleet"],
  ...["replay", "signal", "complete"],
];
const runtime = new Runtime();
after(() => runtime.close());

describe("help", { concurrency: 2 }, () => {
  for (const command of COMMANDS) {
    test(`thimble ${command} --help teaches, with examples, in 100 columns`, async () => {
      const { status, stdout, stderr } = await runtime.run([command, "--help"]);
      assert.equal(status, 0);
      assert.equal(stderr, "");
      assert.match(stdout, new RegExp(`^Usage: thimble ${command} `));
      assert.match(stdout, /\nExamples:\n {2}thimble /);
      assert.doesNotMatch(stdout, /\n\n\n/);
      for (const line of stdout.split("\n")) assert.ok(line.length <= 100, line);
    });
  }

  test("thimble alone, and --help, list the commands", async () => {
    for (const args of [[], ["--help"], ["help"]]) {
      const { status, stdout } = await runtime.run(args);
      assert.equal(status, 0);
      for (const command of COMMANDS) assert.match(stdout, new RegExp(`^  ${command} `, "m"));
    }
  });

  test("thimble --version", async () => {
    assert.equal((await runtime.run(["--version"])).stdout, `${manifest.version}\n`);
  });
});

const NONSENSE: [string, RegExp][] = [
  ["bogus", /unknown command 'bogus'/],
  ["serv", /unknown command 'serv'.*serve/],
  ["serve --bogus", /unknown option '--bogus'/],
  ["serve no-such-folder --wire sim", /no folder no-such-folder/],
  ["serve package.json --wire sim", /package\.json is not a folder/],
  ["serve . --port 0 --wire sim", /--port 0: a port is a number from 1 to 65535/],
  ["serve .", /needs a wire/],
  ["echo", /missing required argument/],
  ["echo 99999 --wire sim", /a port is a number from 1 to 65535/],
  ["echo 7 --tap t0", /--address 10\.0\.0\.2\/24, or --dhcp, or --autoconfigure/],
  ["echo 7 --tap t0 --wire sim", /give one of the two/],
  ["echo 7 --wire bus:1", /"bus" is no kind of wire/],
  ["echo 7 --wire sim:loss=300%", /"300%" is not a probability/],
  ["echo 7 --wire sim:lost=3%", /"lost=3%" does not describe a wire/],
  ["echo 7 --wire sim --address 10.0.0.2", /needs a prefix length/],
  ["echo 7 --wire sim --address 2001:db8::1", /needs a prefix length from 0 to 128, as in 2001:db8::1\/64/],
  ["echo 7 --wire sim --address 10.0.0.1/24,x/24", /--address x: that is no address/],
  ["echo 7 --wire sim --address fe80::1%eth0/64", /one adapter, whose zone is 0; write fe80::1%0/],
  ["echo 7 --wire sim --address 2001:db8::1%0/64", /only link-local addresses have a zone/],
  ["echo 7 --wire sim --autoconfigure=all", /--autoconfigure all: choose from routers, link-local/],
  ["echo 7 --wire sim --gateway 10.0.0.9 --gateway 10.0.0.8", /one --gateway of each version/],
  ["echo 7 --wire sim --address 10.0.0.1/24 --gateway fe80::1", /not on the stack's own network/],
  ["echo 7 --wire sim --mac zz", /is not an Ethernet address/],
  ["echo 7 --wire sim --gateway 9.9.9.9", /not on the stack's own network/],
  ["echo 7 --wire sim --gateway x", /--gateway x: that is no address/],
  ["echo 7 --wire sim --name a/b", /--name a\/b: a name has/],
  ["echo 7 --wire sim --profile ../x", /--profile \.\.\/x/],
  ["echo 7 --wire sim --profile huge", /No profile is called huge|thimble-huge\.wasm is not there/],
  ["get", /missing required argument/],
  ["get https://10.0.0.1/ --wire sim", /only http URLs/],
  ["get http://example.com/ --wire sim", /names are not looked up yet/],
  ["get http://10.0.0.1:x/ --wire sim", /is not a URL/],
  ["ping 10.0.0 --wire sim", /10\.0\.0: that is no address/],
  ["ping 192.168.0.1 --wire sim", /only neighbors/],
  ["ping 2001:db8:1::1 --wire sim", /none of 10\.0\.0\.1\/24 or 2001:db8::1\/64/],
  ["ping 2001:db8::2 --wire sim --profile tiny", /none of 10\.0\.0\.1\/24/],
  ["ping fe80::1%1 --wire sim", /whose zone is 0/],
  ["get http://2001:db8::1/ --wire sim", /is not a URL; one looks like .* http:\/\/\[2001:db8::1\]/],
  ["get http://[fe80::1%25eth0]/ --wire sim", /whose zone is 0/],
  ["ping 10.0.0.2 -c 0 --wire sim", /--count 0/],
  ["ping 10.0.0.2 -i -1 --wire sim", /--interval -1|unknown option/],
  ["ping 10.0.0.2 -s 65508 --wire sim", /over IPv4 a request carries 0 to 65507 bytes/],
  ["ping 2001:db8::2 -s 65528 --wire sim", /a request carries 0 to 65527 bytes/],
  ["ping 10.0.0.2 -t 256 --wire sim", /1 to 255/],
  ["netstat -rs", /one at a time/],
  ["nc 10.0.0.2", /Say whom to call and at which port/],
  ["capture tcp port", /The filter ends where "port" wants a value/],
  ["capture weather", /"weather" begins no filter/],
  ["capture ( tcp", /parenthesis of the filter is not closed/],
  ["capture -c 0", /--count 0: say how many frames/],
  ["capture -w x --json", /-w writes pcapng; give it without --json/],
  ["iperf3", /-c ADDRESS to run a test, or -s to wait/],
  ["iperf3 -s -c 10.0.0.1", /Give one of the two/],
  ["iperf3 -c 10.0.0.2 -t 1 -n 5M", /Of -t, -n and -k, give one/],
  ["iperf3 -c 10.0.0.2 -R --bidir", /give it without -R/],
  ["iperf3 -c 10.0.0.2 -b fast", /--bitrate fast: say a number, with K, M, G or T/],
  ["iperf3 -c 10.0.0.2 -P 0", /a test has 1 to 128 streams/],
  ["iperf3 -c 10.0.0.2 -u -l 128K", /a datagram of a test carries 16 to 65507 bytes/],
  ["iperf3 -c 10.0.0.2 -l 2M", /a block has 1 byte to 1M/],
  ["iperf3 -c 10.0.0.2 -6 --wire sim", /-6 asks for the other version/],
  ["tracepath 10.0.0.2 -m 0 --wire sim", /a path has 1 to 255 hops/],
  ["tracepath 10.0.0.2 -6 --wire sim", /-6 asks for the other version/],
  ["complete", /missing required argument 'shell'/],
  ["complete ksh", /Allowed choices are zsh, bash, fish, powershell/],
  ["nc -l", /Say which port to wait at/],
  ["nc -k 10.0.0.2 7", /-k goes with -l/],
  ["nc -zl 7", /-z tries to connect/],
  ["nc 10.0.0.2 5-9 --wire sim", /several ports go with -z/],
  ["nc 10.0.0.2 nonsense --wire sim", /PORT nonsense: .* or the name of a service/],
  ["nc -6 10.0.0.2 7 --wire sim", /-6 asks for the other version/],
  ["netstat -is", /one at a time/],
  ["ss state asleep", /state asleep: states are estab/],
  ["ss sport 99999", /a port is written :80, or :http/],
  ["ss colour red", /"colour" begins no filter/],
  ["lsof -i tcp:x", /ports are numbers, names of services/],
  ["lsof -sLISTEN", /write a protocol and its states, as in -sTCP:LISTEN/],
  ["ip tunnel", /tunnel is no object/],
  ["ip addr add 10.0.0.2/24 dev eth0", /here, ip only shows/],
  ["arp everybody", /everybody: that is no address/],
  ["netstat extra", /too many arguments/],
  ["memory --profile huge", /No profile is called huge|thimble-huge\.wasm is not there/],
  ["memory --profile tiny --running", /not both/],
  ["demo --wire tap:tap0", /brings both machines along/],
  ["demo --seed x", /--seed x: a seed is a whole number/],
];

describe("nonsense is answered with one sentence and exit code 2", { concurrency: 2 }, () => {
  for (const [line, expected] of NONSENSE) {
    test(`thimble ${line}`, async () => {
      const { status, stdout, stderr } = await runtime.run(line.split(" "));
      assert.match(stderr, expected);
      assert.match(stderr, /^thimble( \w+)?: [^\n]+\n$/);
      assert.equal(stdout, "");
      assert.equal(status, 2);
    });
  }
});

describe("what cannot be done is answered with one sentence and exit code 1", () => {
  test("netstat without a running stack says how to start one", async () => {
    const { status, stderr } = await runtime.run(["netstat"]);
    assert.equal(status, 1);
    assert.match(stderr, /^thimble netstat: No stack of yours is running; start one [^\n]*thimble serve[^\n]*\n$/);
  });

  test("a TAP that is none", { skip: process.platform !== "linux" && "TAP devices are Linux's" }, async () => {
    const { status, stderr } = await runtime.run(["ping", "10.0.0.1", "--tap", "lo", "--address", "10.0.0.2/24"]);
    assert.equal(status, 1);
    assert.match(stderr, /^thimble ping: [^\n]+\n$/);
  });
});
