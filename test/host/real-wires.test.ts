// Wires that lead out of the process: a hub, a channel between threads, WebSocket as v86 has it, VXLAN, and passt.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { createStack } from "../../host/stack.ts";
import { captureWire } from "../../host/wire/capture.ts";
import { openChannel } from "../../host/wire/channel.ts";
import { openHub } from "../../host/wire/hub.ts";
import { impairWire } from "../../host/wire/impair.ts";
import { openWire, parseWire } from "../../host/wire/kinds.ts";
import { openPasst } from "../../host/wire/passt.ts";
import { openVxlan } from "../../host/wire/vxlan.ts";
import { joinRelay, openRelay } from "../../host/wire/websocket.ts";
import type { Wire } from "../../host/wire/wire.ts";
import { BROADCAST, frameTo } from "./bench-mac.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The number of the user who has no rights. */
const NOBODY = 65_534;

const folder = mkdtempSync(join(tmpdir(), "thimble-real-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Keeps what comes. */
function listen(wire: Wire) {
  const frames: Uint8Array[] = [];
  const links: boolean[] = [];
  wire.attach({ receive: (frame) => frames.push(frame.slice()), linkChanged: (up) => links.push(up) });
  return { frames, links };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2000 && !condition(); tries++) await setTimeout(2);
  assert.ok(condition(), "nothing has come");
}

/** A stack on each wire, 10.0.0.1 and so on, and a message from the first to each other one. */
async function talk(wires: readonly Wire[]): Promise<void> {
  const stacks = await Promise.all(
    wires.map((wire, i) => createStack({ wires: [{ wire, address: `10.0.0.${i + 1}/24` }], seed: i })),
  );
  const [first, ...others] = stacks;
  for (const [i, other] of others.entries()) {
    const listener = await other.listen({ port: 7 });
    const near = await first.connect({ address: `10.0.0.${i + 2}`, port: 7 });
    const far = await listener.accept();
    await near.write(Uint8Array.of(1, 2, i));
    assert.deepEqual(await far.read(), Uint8Array.of(1, 2, i));
  }
  await Promise.all(stacks.map((stack) => stack.close({ linger: 0 })));
}

describe("a hub at a Unix socket", () => {
  it("lets everybody hear everybody, and stacks talk", async () => {
    const path = join(folder, "hub");
    const hubs = [await openHub(path), await openHub(path), await openHub(path)];
    assert.deepEqual(
      hubs.map(({ isHub }) => isHub),
      [true, false, false],
    );
    const ears = hubs.map(listen);
    await until(() => hubs[0].peers === 2);
    for (const [i, hub] of hubs.entries()) hub.send(frameTo(BROADCAST, 60 + i));
    await until(() => ears.every(({ frames }) => frames.length === 2));
    assert.deepEqual(
      ears.map(({ frames }) => frames.map(({ length }) => length).sort()),
      [
        [61, 62],
        [60, 62],
        [60, 61],
      ],
    );
    await talk(hubs);
  });

  it("goes on when the process that was the hub has ended", async () => {
    const path = join(folder, "moving");
    const [first, second, third] = [await openHub(path), await openHub(path), await openHub(path)];
    const [, ear, other] = [listen(first), listen(second), listen(third)];
    await until(() => first.peers === 2);
    first.close();
    await until(() => ear.links.length === 2 && other.links.length === 2 && second.peers + third.peers === 2);
    assert.deepEqual(
      [ear.links, other.links],
      [
        [false, true],
        [false, true],
      ],
    );
    second.send(frameTo(BROADCAST));
    await until(() => other.frames.length === 1);
    second.close();
    third.close();
  });
});

describe("a channel between threads", () => {
  it("carries frames as v86 does, and nothing that is none", async () => {
    const wire = openChannel("thimble-test");
    const { frames } = listen(wire);
    const echo = `
      const { workerData, parentPort } = require("node:worker_threads");
      const channel = new BroadcastChannel(workerData);
      channel.onmessage = ({ data }) => {
        channel.postMessage("no frame");
        channel.postMessage(new Uint8Array(20000));
        channel.postMessage(data.slice(0, 20));
        channel.postMessage(data.buffer);
        channel.close();
      };
      parentPort.postMessage("ready");`;
    const worker = new Worker(echo, { eval: true, workerData: "thimble-test" });
    await new Promise((resolve) => worker.once("message", resolve));
    const frame = frameTo(BROADCAST, 100);
    wire.send(frame);
    await until(() => frames.length === 2);
    assert.deepEqual(
      frames[0],
      new Uint8Array(60).map((_, i) => (i < 20 ? frame[i] : 0)),
    );
    assert.deepEqual(frames[1], frame);
    wire.close();
    await worker.terminate();
  });

  it("lets stacks talk", async () => {
    await talk([openChannel("thimble-lan"), openChannel("thimble-lan"), openChannel("thimble-lan")]);
  });
});

describe("a WebSocket", () => {
  it("relays between all that are plugged in, behind a bad cable and a capture", async () => {
    const relay = await openRelay({ port: 0 });
    const url = `ws://127.0.0.1:${relay.port}/`;
    const plugs = [await joinRelay(url), await joinRelay(url)];
    await until(() => relay.peers === 2);
    const clock = (await createStack({ wires: [] })).clock;
    const bad = impairWire(captureWire(plugs[0], join(folder, "relay.pcapng"), clock), { loss: 0.01, clock });
    await talk([relay, bad, plugs[1]]);
  });

  it("answers pings, puts messages together, and ends with a peer that breaks the rules", async () => {
    const relay = await openRelay({ port: 0 });
    const { frames, links } = listen(relay);
    const key = "dGhlIHNhbXBsZSBub25jZQ==";
    const headers = {
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-key": key,
      "sec-websocket-version": "13",
    };
    const asked = request({ port: relay.port, headers }).end();
    const socket = await new Promise<import("node:net").Socket>((resolve) => {
      asked.once("upgrade", (response, socket) => {
        // The example of RFC 6455 §1.3.
        assert.equal(response.headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        resolve(socket);
      });
    });
    const said: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => said.push(chunk));
    const mask = [1, 2, 3, 4];
    const message = (first: number, payload: readonly number[]): Buffer =>
      Buffer.from([first, 0x80 | payload.length, ...mask, ...payload.map((byte, i) => byte ^ mask[i & 3])]);
    const bytes = Array.from({ length: 80 }, (_, i) => i);
    const all = Buffer.concat([
      message(0x89, [7, 8]),
      message(0x81, [65]),
      message(0x02, bytes.slice(0, 30)),
      message(0x80, bytes.slice(30)),
    ]);
    for (const byte of all) socket.write(Buffer.of(byte));
    await until(() => frames.length === 1 && Buffer.concat(said).length >= 4);
    assert.deepEqual(frames[0], Uint8Array.from(bytes));
    assert.deepEqual([...Buffer.concat(said)], [0x8a, 2, 7, 8]);
    socket.write(Buffer.of(0x82, 1, 9)); // not masked
    await until(() => relay.peers === 0);
    assert.deepEqual(links, [true, true]); // of the relay itself, which stays
    relay.close();
  });

  it("that is none is told from one", async () => {
    const server = createServer((_, response) => response.end("hello"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await assert.rejects(joinRelay(`ws://127.0.0.1:${port}/`), { code: "ERR_WIRE" });
    server.close();
    await assert.rejects(joinRelay(`ws://127.0.0.1:${port}/`), { code: "ECONNREFUSED" });
    await assert.rejects(async () => joinRelay("http://127.0.0.1/"), { code: "ERR_WIRE" });
  });
});

describe("a VXLAN", () => {
  it("is what RFC 7348 says, takes only its own network's frames from its own peer, and is narrower than its path", async () => {
    const peer = createSocket("udp4");
    await new Promise<void>((resolve) => peer.bind(0, "127.0.0.1", resolve));
    const port = 40_000 + (process.pid % 20_000);
    const wire = await openVxlan({ remote: "127.0.0.2", vni: 0x010203, port });
    assert.equal(wire.mtu, 1450);
    const { frames } = listen(wire);
    const frame = frameTo(BROADCAST, 90);
    const header = [8, 0, 0, 0, 1, 2, 3, 0];
    const other = createSocket("udp4");
    await new Promise<void>((resolve) => other.bind(0, "127.0.0.2", resolve));
    const datagrams: [typeof peer, number[]][] = [
      [other, [8, 0, 0, 0, 1, 2, 4, 0, ...frame]],
      [other, [0, 0, 0, 0, 1, 2, 3, 0, ...frame]],
      [other, header],
      [peer, [...header, ...frame]],
      [other, [...header, ...frame]],
    ];
    for (const [socket, bytes] of datagrams) socket.send(Uint8Array.from(bytes), port, "127.0.0.1");
    await until(() => frames.length === 1 && wire.stats.rxStrangers === 4);
    assert.deepEqual(frames[0], frame);
    for (const socket of [peer, other]) socket.close();
    wire.close();
    await assert.rejects(openVxlan({ remote: "127.0.0.1", vni: 2 ** 24 }), { code: "ERR_WIRE" });
  });
});

const noPasst = spawnSync("passt", ["--version"]).error ? "passt is not installed (Debian's package passt)" : false;

describe("passt", { skip: noPasst }, () => {
  it("lets a stack fetch a page from a server of the host", async (t) => {
    const page = "a page of the host's own".repeat(1000);
    const server = createServer((_, response) => response.end(page));
    t.after(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const wire = await openPasst();
    const { address, gateway } = wire;
    const stack = await createStack({ wires: [{ wire, address, gateway }], seed: 1 });
    t.after(() => stack.close({ linger: 0 }));
    const createConnection = () => stack.net.connect(port, gateway);
    const body = await new Promise<string>((resolve, reject) => {
      const asked = request({ createConnection } as object, (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () => resolve(text));
      });
      asked.on("error", reject);
      asked.end();
    });
    assert.equal(body, page);
  });

  const notRoot = process.getuid?.() !== 0 && "only root can become somebody else";

  it("does so for an ordinary user", { skip: notRoot }, async (t) => {
    const server = createServer((_, response) => response.end("x".repeat(10_000)));
    t.after(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const script = fileURLToPath(new URL("passt-fetch.ts", import.meta.url));
    const env = { ...process.env, HOME: folder, TMPDIR: folder };
    chmodSync(folder, 0o777);
    const options = { uid: NOBODY, gid: NOBODY, cwd: ROOT, env };
    const child = spawn(process.execPath, ["--import", "tsx", script, `${port}`], options);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
    await new Promise((resolve) => child.once("close", resolve));
    assert.match(said, new RegExp(`user ${NOBODY} got 10\\d\\d\\d`));
  });

  it("says what is wrong when it does not run", async () => {
    await assert.rejects(openPasst({ args: ["--no-such-option"] }), { code: "EIO" });
  });
});

describe("the texts of these wires", () => {
  it("are taken apart, and refused with a sentence when a name is missing", async () => {
    assert.deepEqual(parseWire("vxlan:192.0.2.7/42/8472,loss=1%"), {
      kind: "vxlan",
      name: "192.0.2.7/42/8472",
      impairments: { loss: 0.01 },
    });
    assert.deepEqual(parseWire("passt:burst=1%/25%/50%,jitter=2ms,mark=9"), {
      kind: "passt",
      name: "",
      impairments: { burst: { enter: 0.01, leave: 0.25, loss: 0.5 }, jitter: 2000, mark: 9 },
    });
    assert.equal(parseWire("websocket:ws://127.0.0.1:8080/lan,delay=1ms").name, "ws://127.0.0.1:8080/lan");
    for (const text of ["hub", "hub:", "vxlan:x", "websocket:", "websocket:http://x", "channel:", "sim:burst=1%"]) {
      assert.throws(() => parseWire(text), { code: "ERR_WIRE" }, text);
    }
    const { wire, far } = await openWire(`hub:${join(folder, "text")},loss=1%`, {
      clock: (await createStack({ wires: [] })).clock,
    });
    assert.equal(far, null);
    wire.close();
  });
});
