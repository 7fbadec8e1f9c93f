// The tools against those of the system: a capture that tshark reads, nc with OpenBSD's nc, and what ss says of one
// connection on both of its sides.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { SocketStatus } from "../../host/status.ts";
import { sha256, writeRandomFile } from "./support/files.ts";
import { KERNEL, Network, STACK } from "./support/network.ts";
import { skip } from "./support/requirements.ts";

describe("tools", () => {
  let network: Network;
  let file: string;
  let content: string;

  before(() => {
    if (skip) return;
    network = new Network();
    file = join(network.folder, "file");
    content = writeRandomFile(file, 2_000_000);
  });

  after(() => network?.close());

  it("thimble nc -l takes a file from nc, and ends with it", { skip }, async () => {
    const stack = await network.thimble(["nc", "-dl", "7000"]);
    const pieces: Buffer[] = [];
    stack.stdout?.on("data", (piece: Buffer) => pieces.push(piece));
    const ended = new Promise((resolve) => stack.on("close", resolve));
    const { status } = await network.run("nc", ["-N", STACK, "7000"], file);
    assert.equal(status, 0);
    assert.equal(await ended, 0);
    assert.equal(sha256(Buffer.concat(pieces)), content);
  });

  it("nc -l sends a file to thimble nc -d, which ends with it", { skip }, async () => {
    const server = network.run("nc", ["-l", "-N", KERNEL, "7001"], file);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { status, stdout, stderr } = await network.thimbleToItsEnd(["nc", "-d", KERNEL, "7001"]);
    assert.equal(status, 0, stderr);
    assert.equal(sha256(stdout), content);
    assert.equal((await server).status, 0);
  });

  it("datagrams of nc -u are printed by thimble nc -u", { skip }, async () => {
    const stack = await network.thimble(["nc", "-udl", "7002", "-w", "20"]);
    const said = new Promise<Buffer>((resolve) => stack.stdout?.once("data", resolve));
    await network.run("sh", ["-c", `printf hello | nc -u -w 1 ${STACK} 7002`]);
    assert.equal((await said).toString(), "hello");
    await network.stop(stack);
  });

  it("thimble capture writes what tshark reads, in both directions, of the ports asked for", { skip }, async () => {
    const stack = await network.thimble(["echo", "7"]);
    const capture = join(network.folder, "tools.pcapng");
    const options = ["capture", "-c", "8", "-w", capture, "--stack", `${stack.pid}`, "tcp", "port", "7"];
    const capturing = network.run(process.execPath, ["dist/thimble.mjs", ...options]);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await network.run("sh", ["-c", `printf hello | nc -N ${STACK} 7`]);
    const { status, stderr } = await capturing;
    assert.equal(status, 0, stderr);
    const fields = ["frame.interface_name", "frame.packet_flags_direction", "tcp.port", "tcp.flags.str"];
    const read = await network.run("tshark", [
      ...["-n", "-r", capture, "-T", "fields", "-E", "separator=|"],
      ...fields.flatMap((field) => ["-e", field]),
    ]);
    assert.equal(read.status, 0, read.stderr);
    const frames = read.stdout
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => line.split("|"));
    assert.equal(frames.length, 8);
    assert.deepEqual([...new Set(frames.map(([name]) => name))], ["eth0"]);
    assert.deepEqual([...new Set(frames.map(([, direction]) => Number(direction)))].sort(), [1, 2]);
    assert.ok(frames.every(([, , ports]) => ports?.split(",").includes("7")));
    assert.match(frames[0]?.[3] ?? "", /S/);
    await network.stop(stack);
  });

  it("ss says the same of a connection on both of its sides", { skip }, async () => {
    const stack = await network.thimble(["echo", "7"]);
    const client = network.spawn("nc", [STACK, "7"], "pipe");
    client.stdin?.write(readFileSync(file).subarray(0, 5000));
    await new Promise((resolve) => client.stdout?.once("data", resolve));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const [ours] = await network.ask<SocketStatus[]>(stack, "ss", "-t", "state established");
    const { stdout } = await network.run("ss", ["-tniH", "state", "established", "dport", "=", ":7"]);
    const theirs = stdout.toString();
    assert.ok(ours, "the stack has no connection");
    const figure = (name: string): number => Number(new RegExp(`\\b${name}:(\\d+)`).exec(theirs)?.[1]);
    // What they have sent and had acknowledged, we have received, and the other way round; a SYN counts for Linux.
    assert.equal(figure("bytes_acked"), ours.bytesReceived + 1, theirs);
    assert.equal(figure("bytes_received"), ours.bytesAcked, theirs);
    assert.equal(figure("mss"), ours.sndMss, theirs);
    const [, sendShift, receiveShift] = /wscale:(\d+),(\d+)/.exec(theirs) ?? [];
    assert.deepEqual([Number(receiveShift), Number(sendShift)], [ours.sndShift, ours.rcvShift], theirs);
    const line = await network.run(process.execPath, ["dist/thimble.mjs", "ss", "-tni", "--stack", `${stack.pid}`]);
    // Which options and figures a kernel has is its own business; those that both have are called the same.
    const names = ["wscale:", "rto:", "rtt:", "mss:", "cwnd:", "bytes_acked:", "bytes_received:", "send ", "lastsnd:"];
    for (const name of names)
      assert.ok(theirs.includes(name) && line.stdout.toString().includes(name), `${name} ${theirs}`);
    client.kill();
    await network.stop(stack);
  });
});
