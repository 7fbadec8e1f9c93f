// dgram.Socket: as documented, and where its arguments and states meet.

import type { RemoteInfo, Socket } from "node:dgram";
import { delay, happens, type Scenario, type Scene, thrownBy } from "../scene.ts";

async function bound(s: Scene, actor: "client" | "server" = "server"): Promise<Socket> {
  const socket = s.datagrams(actor);
  socket.bind(0, actor === "server" ? s.host : s.clientHost);
  await s.until(socket, "listening");
  return socket;
}

export const datagrams: Record<string, Scenario> = {
  "'message' tells who sent what": async (s) => {
    const server = await bound(s);
    const client = s.datagrams("client");
    client.send("hello", server.address().port, s.host, (error, bytes) => s.note("client", "sent", error, bytes));
    const [message, from] = (await happens(server, "message")) as [Buffer, RemoteInfo];
    s.note("server", Buffer.isBuffer(message), from.port === client.address().port);
    await delay(2);
  },

  "'listening' and the callback of bind": async (s) => {
    const server = s.datagrams("server");
    s.note("server", server.bind(0, s.host, () => s.note("server", "callback")) === server);
    await s.until(server, "listening");
    s.note("server", server.address());
  },

  "bind with an object, and without anything": async (s) => {
    const first = s.datagrams("server");
    first.bind({ port: 0, address: s.host, exclusive: true }, () => s.note("server", first.address()));
    await s.until(first, "listening");
    const second = s.datagrams("server", "udp4", "second");
    second.bind();
    await s.until(second, "listening");
    s.note("second", second.address());
    const third = s.datagrams("server", "udp6", "third");
    third.bind(() => s.note("third", third.address()));
    await s.until(third, "listening");
  },

  "bound twice": async (s) => {
    const server = await bound(s);
    s.note(
      "server",
      thrownBy(() => server.bind(0)),
    );
  },

  "a port that is taken": async (s) => {
    const server = await bound(s);
    const second = s.datagrams("server", "udp4", "second");
    second.bind(server.address().port, s.host, () => s.note("second", "callback"));
    await happens(second, "error");
    second.bind(0, s.host);
    await s.until(second, "listening");
  },

  "an address that is somebody else's": async (s) => {
    const server = s.datagrams("server");
    server.bind(0, "10.0.0.77");
    await happens(server, "error");
  },

  "'close' and its callback": async (s) => {
    const server = await bound(s);
    s.note("server", server.close(() => s.note("server", "callback")) === server);
    s.note(
      "server",
      thrownBy(() => server.address()),
    );
    s.note(
      "server",
      thrownBy(() => server.close()),
    );
    s.note(
      "server",
      thrownBy(() => server.bind()),
    );
    s.note(
      "server",
      thrownBy(() => server.send("x", 1, s.host)),
    );
    await s.closed(server);
  },

  "send binds by itself": async (s) => {
    const server = await bound(s);
    const client = s.datagrams("client");
    client.send(Buffer.from("x"), server.address().port, s.host);
    s.note(
      "client",
      thrownBy(() => client.bind()),
    );
    await happens(server, "message");
    s.note("client", client.address());
  },

  "ways to send": async (s) => {
    const server = await bound(s);
    const client = await bound(s, "client");
    const { port } = server.address();
    const buffer = Buffer.from("0123456789");
    const ways: (() => void)[] = [
      () => client.send("text", port, s.host),
      () => client.send(buffer, port, s.host),
      () => client.send(buffer, 2, 3, port, s.host),
      () => client.send(["one", Buffer.from("two"), new Uint8Array([51])], port, s.host),
      () => client.send(new DataView(buffer.buffer, buffer.byteOffset, 4), port, s.host),
      () => client.send("", port, s.host),
      () => client.send([], port, s.host),
      () => client.send(buffer, 0, 2, port, s.host, (error, bytes) => s.note("client", error, bytes)),
      () => client.send("abc", port, s.host, (error, bytes) => s.note("client", error, bytes)),
    ];
    for (const way of ways) {
      way();
      await happens(server, "message");
      await delay(2);
    }
  },

  "ways that throw": async (s) => {
    const client = await bound(s, "client");
    const bad = (...args: unknown[]): unknown => thrownBy(() => (client.send as (...args: unknown[]) => void)(...args));
    s.note("client", bad(7, 1, s.host));
    s.note("client", bad([7], 1, s.host));
    s.note("client", bad("x", 0, s.host));
    s.note("client", bad("x", 65536, s.host));
    s.note("client", bad("x", "y", s.host));
    s.note("client", bad("x"));
    s.note("client", bad("x", 1, 7));
    s.note("client", bad(Buffer.alloc(4), 5, 1, 1, s.host));
    s.note("client", bad(Buffer.alloc(4), 0, 5, 1, s.host));
    s.note("client", bad(undefined, 1, s.host));
  },

  "a socket of no type": async (s) => {
    for (const type of ["udp", "tcp", undefined, null, 4, {}]) {
      s.note(
        "client",
        thrownBy(() => s.clientDgram.createSocket(type as never)),
      );
    }
    const typeOf = (options: "udp4" | { type: "udp6" }): unknown =>
      (s.clientDgram.createSocket(options as never) as { type?: unknown }).type;
    s.note("client", typeOf("udp4"), typeOf({ type: "udp6" }));
  },

  "connect, send without an address, and what a peer is": async (s) => {
    const server = await bound(s);
    const client = s.datagrams("client");
    client.connect(server.address().port, s.host, () => s.note("client", "callback"));
    await s.until(client, "connect");
    s.note("client", client.remoteAddress());
    client.send("to the peer", (error, bytes) => s.note("client", error, bytes));
    await happens(server, "message");
    client.send(Buffer.from("0123456"), 1, 3);
    await happens(server, "message");
    s.note(
      "client",
      thrownBy(() => client.send("x", server.address().port, s.host)),
    );
    s.note(
      "client",
      thrownBy(() => client.connect(1, s.host)),
    );
  },

  "only the peer is heard": async (s) => {
    const server = await bound(s);
    const stranger = s.datagrams("server", "udp4", "stranger");
    stranger.bind(0, s.host);
    await s.until(stranger, "listening");
    const client = await bound(s, "client");
    client.connect(server.address().port, s.host);
    await s.until(client, "connect");
    stranger.send("who is there?", client.address().port, s.clientHost);
    await delay(10);
    server.send("it is me", client.address().port, s.clientHost);
    await happens(client, "message");
  },

  disconnect: async (s) => {
    const server = await bound(s);
    const client = await bound(s, "client");
    s.note(
      "client",
      thrownBy(() => client.disconnect()),
    );
    s.note(
      "client",
      thrownBy(() => client.remoteAddress()),
    );
    client.connect(server.address().port, s.host);
    await s.until(client, "connect");
    client.disconnect();
    s.note(
      "client",
      thrownBy(() => client.remoteAddress()),
    );
    client.send("with an address again", server.address().port, s.host);
    await happens(server, "message");
    client.connect(server.address().port, s.host);
    await happens(client, "connect");
  },

  "connect with what cannot be": async (s) => {
    const client = s.datagrams("client");
    s.note(
      "client",
      thrownBy(() => client.connect(0, s.host)),
    );
    s.note(
      "client",
      thrownBy(() => client.connect(70000, s.host)),
    );
    s.note(
      "client",
      thrownBy(() => client.connect(1, 7 as never)),
    );
  },

  "nobody at the peer's port": async (s) => {
    const server = await bound(s);
    const { port } = server.address();
    server.close();
    await s.closed(server);
    const client = s.datagrams("client");
    client.connect(port, s.host);
    await s.until(client, "connect");
    client.send("anybody?");
    await happens(client, "error");
  },

  "a name that is not found": async (s) => {
    const error = Object.assign(new Error("nobody"), { code: "ENOTFOUND" });
    const lookup = (
      name: string,
      family: unknown,
      callback: (error: Error | null, a: string, f: number) => void,
    ): void => {
      s.note("lookup", name, family);
      process.nextTick(callback, name === "nowhere.test" ? error : null, s.clientHost, 4);
    };
    const client = s.datagrams("client", { type: "udp4", lookup: lookup as never });
    client.bind(0, s.clientHost);
    await s.until(client, "listening");
    client.send("x", 9, "nowhere.test", (failure) => s.note("client", "callback", failure));
    await delay(5);
    client.send("x", 9, "nowhere.test");
    await happens(client, "error");
  },

  "a signal closes it": async (s) => {
    const controller = new AbortController();
    const client = s.datagrams("client", { type: "udp4", signal: controller.signal } as never);
    client.bind(0);
    await s.until(client, "listening");
    controller.abort();
    await s.closed(client);
  },

  "a signal that has aborted before": async (s) => {
    const client = s.datagrams("client", { type: "udp4", signal: AbortSignal.abort() } as never);
    await s.closed(client);
    s.note(
      "client",
      thrownBy(() => client.bind(0)),
    );
  },

  "options before bind and after": async (s) => {
    const client = s.datagrams("client");
    s.note(
      "client",
      thrownBy(() => client.setTTL(10)),
    );
    client.bind(0, s.clientHost);
    await s.until(client, "listening");
    s.note("client", client.setTTL(10), client.setMulticastTTL(7), client.setMulticastLoopback(true));
    s.note("client", client.setBroadcast(true), client.ref() === client, client.unref() === client);
    s.note(
      "client",
      thrownBy(() => client.setTTL(0)),
    );
    s.note(
      "client",
      thrownBy(() => client.setTTL(1000)),
    );
    s.note(
      "client",
      thrownBy(() => client.setTTL("1" as never)),
    );
    s.note(
      "client",
      thrownBy(() => client.setMulticastTTL(1000)),
    );
    s.note(
      "client",
      thrownBy(() => client.setMulticastInterface(7 as never)),
    );
    s.note(
      "client",
      thrownBy(() => client.addMembership(undefined as never)),
    );
    s.note(
      "client",
      thrownBy(() => client.addSourceSpecificMembership(7 as never, "232.0.0.1")),
    );
    s.note("client", client.getSendQueueSize(), client.getSendQueueCount());
    s.note("client", client.getRecvBufferSize() > 0, client.getSendBufferSize() > 0);
    s.note(
      "client",
      thrownBy(() => client.setRecvBufferSize(-1)),
    );
    s.note(
      "client",
      thrownBy(() => client.setSendBufferSize(1.5)),
    );
  },

  "a datagram that is too large": async (s) => {
    const client = await bound(s, "client");
    client.send(Buffer.alloc(70_000), 9, s.host, (error) => s.note("client", "callback", error));
    await delay(10);
    client.send(Buffer.alloc(70_000), 9, s.host);
    await delay(5);
  },

  "a large datagram": async (s) => {
    const server = s.datagrams("server");
    server.removeAllListeners("message");
    server.bind(0, s.host);
    await s.until(server, "listening");
    const client = await bound(s, "client");
    client.send(Buffer.alloc(60_000, 5), server.address().port, s.host);
    const [message] = (await happens(server, "message")) as [Buffer];
    s.note("server", message.length, message.equals(Buffer.alloc(60_000, 5)));
  },

  IPv6: async (s) => {
    const server = s.datagrams("server", "udp6");
    server.bind(0, s.host6);
    await s.until(server, "listening");
    s.note("server", server.address());
    const client = s.datagrams("client", "udp6");
    client.send("six", server.address().port, s.host6);
    await happens(server, "message");
  },

  "IPv4 at a socket of the kind IPv6": async (s) => {
    const server = s.datagrams("server", "udp6");
    server.bind(0);
    await s.until(server, "listening");
    s.note("server", server.address());
    const client = await bound(s, "client");
    client.send("four", server.address().port, s.host);
    await happens(server, "message");
  },

  "closed while it binds": async (s) => {
    const client = s.datagrams("client");
    client.bind(0, s.clientHost, () => s.note("client", "callback"));
    client.close();
    await s.closed(client);
    await delay(5);
  },

  "closed with sends that wait for the port": async (s) => {
    const server = await bound(s);
    const client = s.datagrams("client");
    client.send("first", server.address().port, s.host, (error) => s.note("client", "sent", error));
    client.close();
    await Promise.all([s.closed(client), delay(10)]);
  },

  "closed in 'message'": async (s) => {
    const server = await bound(s);
    server.on("message", () => server.close());
    const client = await bound(s, "client");
    client.send("one", server.address().port, s.host);
    client.send("two", server.address().port, s.host);
    await s.closed(server);
    await delay(5);
  },

  "disposed of": async (s) => {
    const server = await bound(s);
    await server[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    s.note("server", "twice");
  },

  "many, in their order": async (s) => {
    const server = await bound(s);
    const client = await bound(s, "client");
    for (let i = 0; i < 20; i++) client.send(`number ${i}`, server.address().port, s.host);
    for (let i = 0; i < 20; i++) await happens(server, "message");
  },

  sendto: async (s) => {
    const server = await bound(s);
    const client = (await bound(s, "client")) as Socket & { sendto(...args: unknown[]): void };
    client.sendto(Buffer.from("abcdef"), 1, 2, server.address().port, s.host);
    await happens(server, "message");
    s.note(
      "client",
      thrownBy(() => client.sendto("abc", "x", 1, 1, s.host)),
    );
    s.note(
      "client",
      thrownBy(() => client.sendto("abc", 0, 1, 1)),
    );
  },

  "ticks and promises between messages": async (s) => {
    const server = await bound(s);
    server.on("message", () => {
      process.nextTick(() => s.note("server", "tick"));
      Promise.resolve().then(() => s.note("server", "promise"));
    });
    const client = await bound(s, "client");
    client.send("one", server.address().port, s.host);
    client.send("two", server.address().port, s.host);
    while (!s.has("server", /two/)) await delay(1);
    await delay(5);
  },
};
