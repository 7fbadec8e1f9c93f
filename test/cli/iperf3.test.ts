// `thimble iperf3` with a server of its own kind at the other end of a simulated cable. What the real iperf3 says to it is
// test/linux/iperf3.test.ts's business.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Runtime, wirePair } from "./support.ts";

const runtime = new Runtime();
after(() => runtime.close());

interface Report {
  intervals: { streams: unknown[]; sum: { bytes: number } }[];
  end: { streams: object[]; sum_sent: Side; sum_received: Side };
}

interface Side {
  bytes: number;
  retransmits?: number;
  packets?: number;
  lost_packets?: number;
}

async function measure(...args: string[]): Promise<Report> {
  const { status, stdout, stderr } = await runtime.run(["iperf3", "--json", "--wire", "sim", ...args]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

describe("iperf3", () => {
  test("prints what iperf3 prints", async () => {
    const args = ["iperf3", "-c", "10.0.0.2", "-t", "0.6", "-i", "0.3", "--wire", "sim:rate=50Mbit"];
    const { status, stdout } = await runtime.run(args);
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^Connecting to host 10\.0\.0\.2, port 5201\n\[ {2}5\] local 10\.0\.0\.1 port \d+ connected to /,
    );
    assert.match(stdout, /^\[ ID\] Interval {11}Transfer {5}Bitrate {9}Retr {2}Cwnd$/m);
    assert.match(stdout, /^\[ {2}5\] {3}0\.00-0\.3\d {3}sec +\S+ [KM]Bytes +\S+ Mbits\/sec +\d+ +\S+ KBytes$/m);
    assert.match(stdout, /^\[ {2}5\] {3}0\.00-\d\.\d\d {3}sec .* sender\n\[ {2}5\] .* receiver\n\niperf Done\.\n$/m);
  });

  test("moves as many bytes as it is told to, in several streams, either way, both ways", async () => {
    for (const [args, streams] of [
      [["-c", "10.0.0.2", "-n", "2M", "-P", "3"], 3],
      [["-c", "2001:db8::2", "-6", "-n", "2M", "-R"], 1],
      [["-c", "10.0.0.2", "-n", "2M", "--bidir"], 2],
    ] as const) {
      const { end } = await measure(...args);
      assert.equal(end.streams.length, streams);
      assert.ok(end.sum_sent.bytes >= 2 * 1024 * 1024, JSON.stringify(end.sum_sent));
      assert.ok(end.sum_received.bytes <= end.sum_sent.bytes);
      assert.equal(typeof end.sum_sent.retransmits, "number");
    }
  });

  test("counts datagrams that are lost", async () => {
    const args = [
      "iperf3",
      "-u",
      "-c",
      "10.0.0.2",
      "-b",
      "8M",
      "-t",
      "0.5",
      "--json",
      "--seed",
      "1",
      "--wire",
      "sim:loss=10%",
    ];
    const { stdout } = await runtime.run(args);
    const { end } = JSON.parse(stdout) as Report;
    const { packets = 0, lost_packets = 0 } = end.sum_received;
    assert.ok(packets > 100, `${packets}`);
    assert.ok(lost_packets > 0 && lost_packets < packets / 2, `${lost_packets} of ${packets}`);
  });

  test("-s serves one test after another, and refuses who comes meanwhile", async () => {
    const [left, right] = wirePair();
    const server = await runtime.start(
      ["iperf3", "-s", "--address", "10.0.0.1/24", ...left],
      /Server listening on 5201/,
    );
    const client = (...args: string[]) => ["iperf3", "-c", "10.0.0.1", "--address", "10.0.0.2/24", ...args, ...right];
    assert.equal((await runtime.run(client("-n", "100K"))).status, 0);
    assert.equal((await runtime.run(client("-n", "100K", "-R"))).status, 0);
    const { status, stdout } = await server.stop();
    assert.equal(status, 0);
    assert.equal(stdout.match(/^Accepted connection from 10\.0\.0\.2:\d+$/gm)?.length, 2);
    assert.equal(stdout.match(/ receiver$/gm)?.length, 2);
  });

  test("a machine without a server is exit code 1 and one sentence", async () => {
    const [left, right] = wirePair();
    await runtime.start(["echo", "5201", "--address", "10.0.0.1/24", ...left], /Echoing/);
    const args = ["iperf3", "-c", "10.0.0.1", "--address", "10.0.0.2/24", ...right];
    const echoed = await runtime.run(args);
    assert.equal(echoed.status, 1);
    assert.match(echoed.stderr, /^thimble iperf3: The other side does not speak iperf3's protocol\.\n$/);
    const refused = await runtime.run([...args, "-p", "5202"]);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /^thimble iperf3: [^\n]*ECONNREFUSED[^\n]*\n$/);
  });
});
