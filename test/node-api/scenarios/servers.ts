// Servers: ways to listen, to count and to close.

import { AsyncLocalStorage } from "node:async_hooks";
import { delay, happens, type Scenario, thrownBy } from "../scene.ts";

export const servers: Record<string, Scenario> = {
  "ways to say where": async (s) => {
    const ways: unknown[][] = [
      [],
      [0],
      ["0"],
      [null],
      [undefined],
      [{ port: 0 }],
      [{ port: undefined }],
      [{ port: null }],
      [0, 5],
      [0, s.host],
      [0, s.host, 5],
      [{ port: 0, host: s.host, backlog: 5 }],
      [{ port: 0, host: "0.0.0.0" }],
      [{ port: 0, host: "::" }],
    ];
    for (const [i, args] of ways.entries()) {
      const server = s.watchServer(s.server.createServer(), `server ${i}`);
      server.listen(...(args as []), () => s.note(`server ${i}`, "callback"));
      await s.until(server, "listening");
      s.note(`server ${i}`, server.address());
      server.close();
      await s.closed(server);
    }
  },

  "ways that throw": async (s) => {
    const bad = (...args: unknown[]): unknown => thrownBy(() => s.server.createServer().listen(...(args as [])));
    for (const args of [
      [-1],
      [65536],
      [1.5],
      [{ port: "x" }],
      [{}],
      [{ host: s.host }],
      [{ port: {} }],
      [true],
      [{ path: 7 }],
    ]) {
      s.note("server", bad(...args));
    }
    s.note(
      "server",
      thrownBy(() => s.server.createServer("x" as never)),
    );
    s.note(
      "server",
      thrownBy(() => s.server.createServer({ highWaterMark: "x" as never })),
    );
    s.note(
      "server",
      thrownBy(() => s.server.createServer({ keepAliveInitialDelay: "x" as never })),
    );
  },

  "a second server on the port of all addresses": async (s) => {
    const first = s.watchServer(s.server.createServer());
    first.listen(0);
    await s.until(first, "listening");
    const second = s.watchServer(s.server.createServer(), "second");
    second.listen(s.portOf(first));
    await happens(second, "error");
  },

  "closed before it listens": async (s) => {
    const server = s.watchServer(s.server.createServer());
    server.listen(0, s.host);
    server.close((error) => s.note("server", "callback", error));
    await s.closed(server);
    await delay(10);
    s.note("server", server.listening);
  },

  "closed at once where the address needs no look-up": async (s) => {
    const server = s.watchServer(s.server.createServer());
    server.listen(0);
    server.close((error) => s.note("server", "callback", error));
    await s.closed(server);
    await delay(10);
  },

  "closed in 'listening'": async (s) => {
    const server = s.watchServer(s.server.createServer());
    server.on("listening", () => server.close());
    server.listen(0, s.host);
    await s.closed(server);
  },

  "closed in 'connection'": async (s) => {
    const server = await s.listen({}, (far) => {
      server.close();
      far.end("last one");
    });
    const near = s.connect(server);
    near.resume();
    await s.closed(server, near);
  },

  "closed twice": async (s) => {
    const server = await s.listen();
    server.close((error) => s.note("server", "first", error));
    server.close((error) => s.note("server", "second", error));
    await s.closed(server);
    await delay(5);
  },

  "nobody is let in any more after close": async (s) => {
    const { server, near } = await s.pair();
    const port = s.portOf(server);
    server.close();
    await delay(5);
    const late = s.watch("late", s.client.connect(port, s.host));
    await s.closed(late);
    near.destroy();
  },

  "disposed of": async (s) => {
    const server = await s.listen();
    await server[Symbol.asyncDispose]();
    s.note("server", "disposed", server.listening);
    await server[Symbol.asyncDispose]();
    s.note("server", "twice");
  },

  "disposed of in 'connection'": async (s) => {
    const { server, near, far } = await s.watchedPair();
    s.watchServer(server);
    const done = server[Symbol.asyncDispose]().then(() => s.note("server", "disposed"));
    await delay(5);
    near.destroy();
    far.resume();
    await Promise.all([done, s.closed(near, far)]);
  },

  "maxConnections of 0 is none": async (s) => {
    const server = await s.listen();
    server.maxConnections = 0;
    const near = s.connect(server);
    await Promise.all([happens(server, "connection"), s.until(near, "ready")]);
  },

  "maxConnections lets in again when one has gone": async (s) => {
    const server = await s.listen({}, (far) => far.resume());
    server.maxConnections = 1;
    const first = s.connect(server);
    await Promise.all([happens(server, "connection"), s.until(first, "ready")]);
    const second = s.watch("second", s.client.connect(s.portOf(server), s.host));
    second.resume();
    await s.closed(second);
    first.resume();
    first.end();
    await s.closed(first);
    await delay(5);
    const third = s.watch("third", s.client.connect(s.portOf(server), s.host));
    await Promise.all([happens(server, "connection"), s.until(third, "ready")]);
  },

  "getConnections returns the server": async (s) => {
    const server = await s.listen();
    s.note("server", server.getConnections((error, count) => s.note("server", error, count)) === server);
    await delay(5);
  },

  "options of the server on its sockets": async (s) => {
    const { far } = await s.pair({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 5000, allowHalfOpen: true });
    s.note("accepted", far.allowHalfOpen, far.readyState, far.connecting, far.pending);
  },

  "properties of a server": async (s) => {
    const server = s.server.createServer({ keepAliveInitialDelay: 5500, noDelay: true });
    const { allowHalfOpen, pauseOnConnect, noDelay, keepAlive, keepAliveInitialDelay, highWaterMark } = server as never;
    s.note("server", allowHalfOpen, pauseOnConnect, noDelay, keepAlive, keepAliveInitialDelay, highWaterMark);
    s.note("server", server.listening, server.maxConnections, server.listenerCount("connection"));
  },

  "the server is its socket's": async (s) => {
    const { server, near, far } = await s.pair();
    const owner = (socket: object): unknown => (socket as { server?: unknown }).server;
    s.note("accepted", owner(far) === server);
    s.note("client", owner(near));
  },

  "several connections, each by itself": async (s) => {
    const server = await s.listen({}, (far) => far.pipe(far));
    const ask = async (i: number): Promise<void> => {
      const near = s.watch(`client ${i}`, s.client.connect(s.portOf(server), s.host));
      near.end(`number ${i}`);
      let text = "";
      for await (const piece of near) text += piece;
      await s.closed(near);
      s.note(`client ${i}`, text);
    };
    await Promise.all([1, 2, 3, 4, 5].map(ask));
  },

  "the asynchronous context is the one in which a socket was made": async (s) => {
    const storage = new AsyncLocalStorage<string>();
    const server = await storage.run("server", () =>
      s.listen({}, (far) => {
        s.note("server", storage.getStore());
        far.on("data", () => s.note("accepted", storage.getStore()));
        far.pipe(far);
      }),
    );
    const near = storage.run("client", () => s.client.connect(s.portOf(server), s.host));
    near.on("connect", () => s.note("client", "connect", storage.getStore()));
    near.on("data", () => s.note("client", "data", storage.getStore()));
    near.on("close", () => s.note("client", "close", storage.getStore()));
    await storage.run("scenario", async () => {
      near.write("x");
      await happens(near, "data");
      near.destroy();
      await happens(near, "close");
    });
  },
};
