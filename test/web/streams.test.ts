// `stack.web` of the bundle for browsers, one rule of Direct Sockets after the other.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { TCPServerSocketOpenInfo, TCPSocketOpenInfo } from "../../host/web/index.ts";
import { loadBundle, makePair, type Pair } from "./support/bundle.ts";

type Accepted = TCPServerSocketOpenInfo<{ opened: Promise<TCPSocketOpenInfo>; closed: Promise<void> }>;

const BODY = Uint8Array.from({ length: 1_000_000 }, (_, i) => i * 13);
const PIECE = new Uint8Array(16_384);
const text = (words: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(words);

async function bytesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function send(stream: WritableStream<BufferSource>, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  return new Blob([bytes]).stream().pipeTo(stream);
}

/** What a stream gives, one after the other; the types of browsers do not know that streams are iterable. */
function each<T>(stream: ReadableStream<T>): AsyncIterable<T> {
  return stream as unknown as AsyncIterable<T>;
}

function named(name: string, code?: string): (error: Error) => boolean {
  return (error) => error.name === name && (code === undefined || (error.cause as { code?: string }).code === code);
}

describe("stack.web", () => {
  let pair: Pair;

  before(async () => {
    pair = await makePair(await loadBundle());
  });

  after(() => pair.close());

  async function listen(): Promise<{ info: Accepted; accept(): Promise<TCPSocketOpenInfo> }> {
    const info = await new pair.far.web.TCPServerSocket("10.0.0.2").opened;
    const accept = async (): Promise<TCPSocketOpenInfo> => {
      const reader = info.readable.getReader();
      const { value } = await reader.read();
      reader.releaseLock();
      assert.ok(value !== undefined);
      return value.opened;
    };
    return { info, accept };
  }

  async function connected(): Promise<{
    socket: InstanceType<Pair["near"]["web"]["TCPSocket"]>;
    near: TCPSocketOpenInfo;
    far: TCPSocketOpenInfo;
  }> {
    const { info, accept } = await listen();
    const socket = new pair.near.web.TCPSocket("10.0.0.2", info.localPort);
    const [near, far] = await Promise.all([socket.opened, accept()]);
    await info.readable.cancel();
    return { socket, near, far };
  }

  it("opened tells both addresses", async () => {
    const { near, far } = await connected();
    assert.deepEqual([near.remoteAddress, near.remotePort], [far.localAddress, far.localPort]);
    assert.deepEqual([far.remoteAddress, far.remotePort], [near.localAddress, near.localPort]);
    assert.deepEqual([near.localAddress, near.remoteAddress], ["10.0.0.1", "10.0.0.2"]);
  });

  it("a megabyte goes each way, and closed resolves when both directions have ended", async () => {
    const { socket, near, far } = await connected();
    const mirrored = far.readable.pipeTo(far.writable);
    const [received] = await Promise.all([bytesOf(near.readable), send(near.writable, BODY)]);
    assert.deepEqual(received, BODY);
    await Promise.all([mirrored, socket.closed]);
  });

  it("the readable end is a byte stream: a reader may bring its own memory", async () => {
    const { near, far } = await connected();
    const writer = far.writable.getWriter();
    await writer.write(text("into my memory"));
    const reader = near.readable.getReader({ mode: "byob" });
    const { value } = await reader.read(new Uint8Array(7));
    assert.deepEqual(value, text("into my"));
    const { value: rest } = await reader.read(new Uint8Array(100));
    assert.deepEqual(rest, text(" memory"));
    await writer.close();
    assert.equal((await reader.read(new Uint8Array(1))).done, true);
  });

  it("half-close: what is closed for writing can still be read", async () => {
    const { near, far } = await connected();
    await near.writable.close();
    assert.equal((await bytesOf(far.readable)).length, 0);
    const writer = far.writable.getWriter();
    await writer.write(text("still here"));
    await writer.close();
    assert.deepEqual(await bytesOf(near.readable), text("still here"));
  });

  it("a reader that does not read stops the writer, and the other way round nothing is read ahead", async () => {
    const { near, far } = await connected();
    const writer = near.writable.getWriter();
    let written = 0;
    const writing = (async () => {
      for (; written < 8_000_000; written += PIECE.length) await writer.write(PIECE);
      await writer.close();
    })();
    let before = -1;
    while (written !== before) {
      before = written;
      await setTimeout(50);
    }
    // Two windows of 256 KB at most: the receiver's, and as much in the sender's queue.
    assert.ok(written < 1_000_000, `${written} bytes were taken while nobody read`);
    assert.ok(near.writable.locked && writer.desiredSize !== null && writer.desiredSize <= 0);
    let received = 0;
    for await (const piece of each(far.readable)) received += piece.length;
    await writing;
    assert.equal(received, written);
  });

  it("what is written is an ArrayBuffer or a view of one", async () => {
    const { near, far } = await connected();
    const writer = near.writable.getWriter();
    await writer.write(text("a view ").buffer);
    await writer.write(new DataView(text("xxand morexx").buffer, 2, 8));
    await writer.close();
    assert.deepEqual(await bytesOf(far.readable), text("a view and more"));
    const refused = await connected();
    const wrong = refused.near.writable.getWriter().write("text" as unknown as Uint8Array<ArrayBuffer>);
    await assert.rejects(wrong, TypeError);
  });

  it("close ends both directions, and refuses while a stream is locked", async () => {
    const { socket, near, far } = await connected();
    const reader = near.readable.getReader();
    await assert.rejects(socket.close(), named("InvalidStateError"));
    reader.releaseLock();
    const writer = near.writable.getWriter();
    await writer.write(text("last words"));
    writer.releaseLock();
    await socket.close();
    await socket.closed;
    assert.deepEqual(await bytesOf(far.readable), text("last words"));
  });

  it("close before it is open is refused", async () => {
    const { info } = await listen();
    const socket = new pair.near.web.TCPSocket("10.0.0.2", info.localPort);
    await assert.rejects(socket.close(), named("InvalidStateError"));
    await socket.opened;
    await socket.close();
  });

  it("opened and closed reject with a NetworkError whose cause names the error", async () => {
    const socket = new pair.near.web.TCPSocket("10.0.0.2", 4321);
    await assert.rejects(socket.opened, named("NetworkError", "ECONNREFUSED"));
    await assert.rejects(socket.closed, named("NetworkError", "ECONNREFUSED"));
  });

  it("abort resets the connection, which the other side hears of", async () => {
    const { socket, near, far } = await connected();
    await near.writable.abort(new Error("changed my mind"));
    await assert.rejects(socket.closed, named("NetworkError"));
    await assert.rejects(far.readable.getReader().read(), named("NetworkError", "ECONNRESET"));
    await assert.rejects(near.readable.getReader().read(), named("NetworkError"));
  });

  it("abort does not wait for a write that waits for the peer", async () => {
    const { socket, near, far } = await connected();
    const writer = near.writable.getWriter();
    const writing = writer.write(new Uint8Array(4_000_000)); // more than both windows
    await setTimeout(20);
    const aborting = writer.abort(new Error("too slow"));
    await assert.rejects(writing, named("NetworkError", "ECONNABORTED"));
    await aborting;
    await assert.rejects(socket.closed, named("NetworkError"));
    const rest = far.readable.getReader();
    await assert.rejects(
      async () => {
        while (!(await rest.read()).done);
      },
      named("NetworkError", "ECONNRESET"),
    );
  });

  it("who cancels the readable end may go on writing, whatever still comes", async () => {
    const { socket, near, far } = await connected();
    const reader = near.readable.getReader();
    const unanswered = reader.read();
    await reader.cancel();
    assert.equal((await unanswered).done, true);
    const back = far.writable.getWriter();
    await back.write(text("unwanted"));
    const writer = near.writable.getWriter();
    await writer.write(text("wanted"));
    await writer.close();
    assert.deepEqual(await bytesOf(far.readable), text("wanted"));
    await socket.closed;
  });

  it("names come from hosts, with a kind of address if asked, and each address is tried", async () => {
    const { info, accept } = await listen();
    for (const options of [{}, { dnsQueryType: "ipv4" as const }]) {
      const socket = new pair.near.web.TCPSocket("far.test", info.localPort, { ...options, noDelay: true });
      const [{ remoteAddress }] = await Promise.all([socket.opened, accept()]);
      assert.equal(remoteAddress, "10.0.0.2");
      await socket.close();
    }
    const nameless = new pair.near.web.TCPSocket("no.such.name", 80);
    await assert.rejects(nameless.opened, named("NetworkError", "ERR_ADDRESS"));
  });

  it("a server streams connections, and close ends the stream", async () => {
    const server = new pair.far.web.TCPServerSocket("10.0.0.2", { localPort: 7000, backlog: 4 });
    const { readable, localPort } = await server.opened;
    assert.equal(localPort, 7000);
    const answered = (async () => {
      const sizes: number[] = [];
      for await (const socket of each(readable)) {
        const { readable: bytes, writable } = await socket.opened;
        const size = (await bytesOf(bytes)).length;
        await writable.close();
        if (sizes.push(size) === 3) return sizes;
      }
      return sizes;
    })();
    for (const size of [1, 1000, 100_000]) {
      const { readable: back, writable } = await new pair.near.web.TCPSocket("10.0.0.2", 7000).opened;
      await send(writable, BODY.subarray(0, size));
      await bytesOf(back);
    }
    assert.deepEqual(await answered, [1, 1000, 100_000]);
    await server.closed; // leaving the loop has cancelled the stream
    await assert.rejects(new pair.near.web.TCPSocket("10.0.0.2", 7000).opened, named("NetworkError", "ECONNREFUSED"));
  });

  it("a port that is taken is told of", async () => {
    const { info } = await listen();
    const second = new pair.far.web.TCPServerSocket("10.0.0.2", { localPort: info.localPort });
    await assert.rejects(second.opened, named("NetworkError", "EADDRINUSE"));
  });

  it("UDP: messages with addresses, and to a peer without", async () => {
    const bound = await new pair.far.web.UDPSocket({ localAddress: "10.0.0.2", localPort: 5353 }).opened;
    const socket = new pair.near.web.UDPSocket({ remoteAddress: "far.test", remotePort: 5353, dnsQueryType: "ipv4" });
    const peer = await socket.opened;
    assert.deepEqual([peer.remoteAddress, peer.remotePort], ["10.0.0.2", 5353]);
    const writer = peer.writable.getWriter();
    await writer.write({ data: text("question") });
    const reader = bound.readable.getReader();
    const { value: question } = await reader.read();
    assert.ok(question?.remoteAddress === "10.0.0.1" && question.remotePort === peer.localPort);
    const answer = bound.writable.getWriter();
    await answer.write({ data: text("answer"), remoteAddress: "10.0.0.1", remotePort: peer.localPort });
    const back = peer.readable.getReader();
    const { value } = await back.read();
    assert.deepEqual([value?.data, value?.remoteAddress], [text("answer"), undefined]);
    await assert.rejects(answer.write({ data: text("to whom?") }), TypeError);
    writer.releaseLock();
    back.releaseLock();
    await socket.close();
    await socket.closed;
  });

  it("UDP: groups are joined and left", async () => {
    const group = "239.1.2.3";
    const options = { localAddress: "0.0.0.0", localPort: 6000, multicastAllowAddressSharing: true };
    const sockets = [new pair.far.web.UDPSocket(options), new pair.far.web.UDPSocket(options)];
    const members = await Promise.all(sockets.map(({ opened }) => opened));
    for (const { multicastController } of members) await multicastController?.joinGroup(group);
    assert.deepEqual(members[0].multicastController?.joinedGroups, [group]);
    await assert.rejects(members[0].multicastController?.joinGroup(group), named("NetworkError", "EADDRINUSE"));
    const sender = await new pair.near.web.UDPSocket({ localAddress: "10.0.0.1", multicastTimeToLive: 2 }).opened;
    const writer = sender.writable.getWriter();
    await writer.write({ data: text("to all"), remoteAddress: group, remotePort: 6000 });
    for (const { readable } of members) {
      const { value } = await readable.getReader().read();
      assert.deepEqual([value?.data, value?.remoteAddress], [text("to all"), "10.0.0.1"]);
    }
    await members[0].multicastController?.leaveGroup(group);
    assert.deepEqual(members[0].multicastController?.joinedGroups, []);
  });

  it("UDP: options that do not fit together are refused at once", () => {
    const { UDPSocket } = pair.near.web;
    assert.throws(() => new UDPSocket({ remoteAddress: "10.0.0.2" }), TypeError);
    assert.throws(() => new UDPSocket({}), TypeError);
    assert.throws(() => new UDPSocket({ remoteAddress: "10.0.0.2", remotePort: 1, localPort: 2 }), {
      code: "ERR_ADDRESS",
    });
  });

  it("a stack that is closed ends its sockets with an error", async () => {
    const own = await makePair(await loadBundle());
    const { readable, localPort } = await new own.far.web.TCPServerSocket("10.0.0.2").opened;
    const socket = new own.near.web.TCPSocket("10.0.0.2", localPort);
    const { readable: bytes } = await socket.opened;
    await own.near.close({ linger: 0 });
    await assert.rejects(bytes.getReader().read(), named("NetworkError"));
    await assert.rejects(socket.closed, named("NetworkError"));
    await readable.cancel();
    await own.close();
  });

  it("Node's modules are not there, and the error says what to use", () => {
    for (const member of ["net", "dgram", "dns", "fetch"]) {
      const get = () => (pair.near as unknown as Record<string, unknown>)[member];
      assert.throws(get, { code: "ERR_NO_NODE" });
    }
  });
});
