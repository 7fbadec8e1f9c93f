// `thimble demo`: what it draws is what two whole stacks did, the same for the same seed.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { dissect } from "../../host/inspect/dissect.ts";
import { Runtime } from "./support.ts";

const CONTROL = "\u001b[";
const runtime = new Runtime();
after(() => runtime.close());

interface JsonRow {
  time: number;
  from: string;
  parts: string[];
  details: string[];
  marks: string[];
  arrivals: number[];
  fromState: string;
  toState: string;
}

interface JsonSnapshot {
  time: number;
  client: { state: string; sendQ: number }[];
  server: { state: string; sendQ: number }[];
}

interface JsonDemo {
  seed: number;
  start: number;
  ladder: (JsonRow | { remark: string })[];
  netstat: Record<"before" | "during" | "after" | "later", JsonSnapshot>;
  ping: { address: string; micros: number | null } | null;
  page: { status: number; bytes: number; intact: boolean; micros: number } | null;
  error: string | null;
  counters: { client: Record<string, number>; server: Record<string, number> };
}

async function demo(...args: string[]): Promise<JsonDemo> {
  const { status, stdout, stderr } = await runtime.run(["demo", "--json", ...args]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as JsonDemo;
}

function frames(run: JsonDemo): JsonRow[] {
  return run.ladder.filter((row): row is JsonRow => "parts" in row);
}

function states(rows: { state: string }[]): string[] {
  return rows.map(({ state }) => state);
}

describe("demo, as text", () => {
  test("draws the whole conversation", async () => {
    const { status, stdout, stderr } = await runtime.run(["demo"]);
    assert.equal(status, 0);
    assert.equal(stderr, "");
    const steps = [
      /1\. Before[\s\S]*\(no sockets\)[\s\S]*LISTEN/,
      /│── ND who has 2001:db8::2\? tell 2001:db8::1 ─+▶│/,
      /│◀─+ ND 2001:db8::2 is at 02:00:00:00:00:02 ──│/,
      /│── ICMPv6 echo request seq 1 \(56 bytes\) ─+▶│/,
      /│◀─+ ICMPv6 echo reply seq 1 \(56 bytes\) ──│/,
      /│── ARP who has 10\.0\.0\.2\? tell 10\.0\.0\.1 ─+▶│/,
      /│◀─+ ARP 10\.0\.0\.2 is at 02:00:00:00:00:02 ──│/,
      /SYN-SENT │── SYN seq 0 win \d+ ─+▶│/,
      /│◀─+ SYN ACK seq 0 ack 1 win \d+ ──│ SYN-RECEIVED/,
      // Windows are shown in bytes, whatever the scale in the header.
      /ESTABLISHED │── ACK ack 1 win [0-9]+ ─+▶│ ESTABLISHED/,
      /│── PSH ACK seq 1:\d+ ack 1 \(\d+ bytes\)[\s\S]*“GET \/ HTTP\/1\.1”/,
      /│◀─+ ACK seq 1:1449 ack \d+ \(1448 bytes\)[\s\S]*“HTTP\/1\.1 200 OK”/,
      /netstat 2, during/,
      /FIN-WAIT-1 │── FIN ACK/,
      /FIN-WAIT-2 │◀─+ ACK .*│ CLOSE-WAIT/,
      /│◀─+ FIN ACK .*│ LAST-ACK/,
      /TIME-WAIT │── ACK .*▶│ CLOSED/,
      /2\. During[\s\S]*ESTABLISHED 101\/browser[\s\S]*ESTABLISHED 102\/httpd/,
      /3\. After[\s\S]*TIME_WAIT +- +timewait[\s\S]*LISTEN/,
      /60 seconds later TIME_WAIT is over/,
      /200 OK: \d+ bytes in \d+\.\d+ ms, byte for byte what the server has/,
    ];
    for (const step of steps) assert.match(stdout, step);
    for (const line of stdout.split("\n")) assert.ok(line.length <= 100, line);
    assert.ok(!stdout.includes(CONTROL));
  });

  test("the same seed gives the same output, another seed another one", async () => {
    const args = ["demo", "--wire", "sim:loss=10%,reorder=10%", "--seed"];
    const [first, second, other] = await Promise.all([
      runtime.run([...args, "7"]),
      runtime.run([...args, "7"]),
      runtime.run([...args, "8"]),
    ]);
    assert.equal(first.stdout, second.stdout);
    assert.notEqual(first.stdout, other.stdout);
  });

  test("colours are for those who want them", async () => {
    const coloured = await runtime.run(["demo"], { FORCE_COLOR: "1" });
    const plain = await runtime.run(["demo"], { FORCE_COLOR: "1", NO_COLOR: "1" });
    assert.ok(coloured.stdout.includes(CONTROL));
    assert.ok(!plain.stdout.includes(CONTROL));
    assert.equal(stripVTControlCharacters(coloured.stdout), plain.stdout);
  });

  test("--ascii draws without other characters", async () => {
    const { stdout } = await runtime.run(["demo", "--ascii", "--wire", "sim:loss=20%", "--seed", "4"]);
    assert.match(stdout, /^[\x20-\x7e\n]*$/);
  });
});

describe("demo, as data", () => {
  test("shows the sockets of both sides before, during, after and later", async () => {
    const { netstat, ping, page, error } = await demo();
    assert.equal(ping?.address, "2001:db8::2");
    assert.ok(ping?.micros);
    assert.deepEqual(states(netstat.before.client), []);
    assert.deepEqual(states(netstat.before.server), ["LISTEN"]);
    assert.deepEqual(states(netstat.during.client), ["ESTABLISHED"]);
    assert.deepEqual(states(netstat.during.server).sort(), ["ESTABLISHED", "LISTEN"]);
    assert.ok(netstat.during.server.some(({ state, sendQ }) => state === "ESTABLISHED" && sendQ > 1460));
    assert.deepEqual(states(netstat.after.client), ["TIME_WAIT"]);
    assert.deepEqual(states(netstat.after.server), ["LISTEN"]);
    assert.deepEqual(states(netstat.later.client), []);
    assert.deepEqual(states(netstat.later.server), ["LISTEN"]);
    assert.equal(error, null);
    assert.deepEqual([page?.status, page?.intact], [200, true]);
  });

  test("frames take the time that the cable takes", async () => {
    const run = await demo("--wire", "sim:delay=25ms,rate=1Gbit");
    for (const { time, arrivals } of frames(run)) {
      const [arrival = 0] = arrivals;
      assert.ok(arrival - time >= 25_000 && arrival - time < 25_100, `${time} to ${arrival}`);
    }
  });

  test("on a bad cable what happens is marked, repaired, and agrees with the counters", async () => {
    const runs = await Promise.all(
      ["1", "2", "3", "4", "5", "6"].map((seed) => {
        const cable = "sim:loss=15%,duplicate=5%,corrupt=5%,reorder=10%";
        return runtime.run(["demo", "--json", "--wire", cable, "--seed", seed]);
      }),
    );
    const demos = runs.map(({ stdout }) => JSON.parse(stdout) as JsonDemo);
    for (const run of demos) {
      // Three ARP requests in vain are possible on such a cable; anything else must end with the page.
      if (run.error === null) assert.equal(run.page?.intact, true);
      else assert.match(run.error, /EHOSTUNREACH/);
      for (const { arrivals, marks } of frames(run)) {
        const expected = marks.includes("lost on the cable") ? 0 : marks.includes("arrives twice") ? 2 : 1;
        assert.equal(arrivals.length, expected);
      }
      const sent = (from: string): number => frames(run).filter((row) => row.from === from).length;
      const { client, server } = run.counters;
      assert.equal(client.EthOutFrames, sent("client"));
      assert.equal(server.EthOutFrames, sent("server"));
      const again = frames(run).filter(({ marks }) => marks.includes("sent again"));
      // A SYN that comes twice is answered twice: no timer, and no count. What waits for ARP is counted, and may
      // never come onto the cable.
      const answers = again.filter(({ parts }) => parts[0] === "SYN ACK").length;
      const counted = (client.TcpRetransSegs ?? 0) + (server.TcpRetransSegs ?? 0);
      assert.ok(again.length - answers <= counted, `${again.length} of ${counted}`);
      if (client.ArpOutRequests === 1) assert.ok(counted <= again.length, `${counted} of ${again.length}`);
    }
    assert.ok(demos.filter(({ page }) => page !== null).length >= 3);
  });

  test("every profile can play it", async () => {
    for (const profile of ["tiny", "eight"]) {
      const { ping, page } = await demo("--profile", profile);
      assert.deepEqual([ping, page?.intact], [null, true], profile);
    }
  });

  test("a cable that loses everything ends with a sentence and exit code 1", async () => {
    const { status, stdout, stderr } = await runtime.run(["demo", "--wire", "sim:loss=100%"]);
    assert.equal(status, 1);
    assert.match(stdout, /ARP who has 10\.0\.0\.2\? tell 10\.0\.0\.1 ─+✗/);
    assert.match(stderr, /^thimble demo: The client did not get its page: [^\n]*EHOSTUNREACH[^\n]*\n$/);
  });

  test("--pcap writes what the client's adapter saw", async () => {
    const file = join(runtime.folder, "demo.pcap");
    const run = await demo("--pcap", file, "--wire", "sim:loss=10%", "--seed", "7");
    const end = run.start + run.netstat.after.time;
    // Before, both have claimed their addresses; later, they make sure of each other.
    const captured = readCapture(readFileSync(file)).filter(({ time }) => time >= run.start && time <= end);
    const seen = frames(run).filter(({ from, arrivals }) => from === "client" || arrivals.length > 0);
    assert.equal(captured.length, seen.length);
    for (const { bytes } of captured) assert.deepEqual(dissect(bytes).problems, []);
    const times = seen.map(({ from, time, arrivals }) => run.start + (from === "client" ? time : (arrivals[0] ?? 0)));
    assert.deepEqual(
      captured.map(({ time }) => time),
      times.sort((a, b) => a - b),
    );
  });
});

// Frames of a pcap file with its times in microseconds.
function readCapture(file: Buffer): { time: number; bytes: Uint8Array }[] {
  const frames = [];
  for (let at = 24; at < file.length; ) {
    const length = file.readUInt32LE(at + 8);
    const time = file.readUInt32LE(at) * 1e6 + file.readUInt32LE(at + 4);
    frames.push({ time, bytes: file.subarray(at + 16, at + 16 + length) });
    at += 16 + length;
  }
  return frames;
}
