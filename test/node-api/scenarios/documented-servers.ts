// From the documentation of net.Server: one scenario for each event, option, method and error that it describes.

import { once } from "node:events";
import { delay, happens, type Scenario, thrownBy } from "../scene.ts";

export const documentedServers: Record<string, Scenario> = {
  "'listening' comes after listen, and the callback is a listener of it": async (s) => {
    const server = s.watchServer(s.server.createServer());
    server.listen(0, s.host, () => s.note("server", "callback", server.listening));
    s.note("server", "called", server.listening);
    await happens(server, "listening");
    s.note("server", server.address());
  },

  "listen without a host takes connections in both versions of IP": async (s) => {
    const server = s.watchServer(s.server.createServer());
    server.listen(0);
    await s.until(server, "listening");
    s.note("server", server.address());
    for (const host of [s.host, s.host6]) {
      const accepted = once(server, "connection");
      const near = s.watch("client", s.client.connect({ port: s.portOf(server), host }));
      const [far] = await accepted;
      s.note("accepted", far.remoteAddress, far.remoteFamily, far.localAddress, far.localFamily);
      await s.until(near, "ready");
      s.note("client", near.remoteAddress, near.remoteFamily);
      near.destroy();
      far.destroy();
      await s.closed(near, far);
    }
  },

  "'connection' gives a socket that knows both ends": async (s) => {
    const { near, far, server } = await s.pair();
    s.note(
      "accepted",
      far instanceof s.server.Socket,
      far.address(),
      far.remoteAddress,
      far.remotePort,
      far.remoteFamily,
    );
    s.note("client", near instanceof s.client.Socket, near.address(), near.remoteAddress, near.remoteFamily);
    s.note("server", far.remotePort === near.localPort, near.remotePort === s.portOf(server));
  },

  "'close' comes when all connections have ended": async (s) => {
    const { near, far, server } = await s.watchedPair();
    s.watchServer(server);
    server.close((error) => s.note("server", "callback", error));
    s.note("server", "called", server.listening, server.address());
    await delay(10);
    s.note("server", "still open");
    near.end();
    far.resume();
    near.resume();
    await s.closed(server);
  },

  "close of a server that is not open calls back with an error": async (s) => {
    const server = s.watchServer(s.server.createServer());
    server.close((error) => s.note("server", "callback", error));
    await s.closed(server);
  },

  "'error' with EADDRINUSE, after which it may listen elsewhere": async (s) => {
    const first = await s.listen();
    const second = s.watchServer(s.server.createServer(), "second");
    second.listen(s.portOf(first), s.host);
    s.note("second", "called", second.listening);
    await happens(second, "error");
    s.note("second", second.listening, second.address());
    second.listen(0, s.host);
    await happens(second, "listening");
  },

  "'error' with EADDRNOTAVAIL for an address of somebody else": async (s) => {
    const server = s.watchServer(s.server.createServer());
    server.on("error", ({ code, syscall, errno }: NodeJS.ErrnoException) => s.note("server", code, syscall, errno));
    server.listen(0, "10.0.0.77");
    await happens(server, "error");
  },

  "listen while listening throws ERR_SERVER_ALREADY_LISTEN": async (s) => {
    const server = await s.listen();
    s.note(
      "server",
      thrownBy(() => server.listen(0)),
    );
    server.close();
    await s.closed(server);
    server.listen(0, s.host);
    await happens(server, "listening");
  },

  "address is null before listening and after close": async (s) => {
    const server = s.watchServer(s.server.createServer());
    s.note("server", server.address(), server.listening);
    server.listen(0, s.host);
    await happens(server, "listening");
    s.note("server", server.address(), server.listening);
    server.close();
    s.note("server", server.address(), server.listening);
    await s.closed(server);
  },

  "getConnections counts those that are open": async (s) => {
    const { near, far, server } = await s.pair();
    const count = (): Promise<unknown> => new Promise((resolve) => server.getConnections((e, n) => resolve([e, n])));
    s.note("server", await count());
    near.destroy();
    far.resume();
    await s.closed(far);
    s.note("server", await count());
  },

  "maxConnections drops those above it, and 'drop' tells of them": async (s) => {
    const server = await s.listen({}, (socket) => s.watch("accepted", socket));
    server.maxConnections = 1;
    const near = s.connect(server);
    await Promise.all([once(near, "connect"), once(server, "connection")]);
    const second = s.client.connect({ port: s.portOf(server), host: s.host });
    s.watch("second", second);
    second.resume();
    await Promise.all([happens(server, "drop"), s.closed(second)]);
  },

  "allowHalfOpen: the socket does not end by itself": async (s) => {
    const { near, far } = await s.watchedPair({ allowHalfOpen: true });
    far.resume();
    near.resume();
    near.end("question");
    await happens(far, "end");
    s.note("accepted", far.writable, far.readyState, far.allowHalfOpen);
    far.end("answer");
    await s.closed(near, far);
  },

  "without allowHalfOpen it ends when the other side has": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    near.resume();
    near.end("question");
    await s.closed(near, far);
    s.note("accepted", far.allowHalfOpen, far.destroyed, far.bytesRead);
  },

  "pauseOnConnect: nothing is read until resume": async (s) => {
    const { near, far } = await s.pair({ pauseOnConnect: true });
    s.watchData("accepted", far);
    near.write("waiting");
    await delay(20);
    s.note("accepted", far.isPaused(), far.bytesRead);
    far.resume();
    await happens(far, "data");
    s.note("accepted", far.bytesRead);
  },

  "a signal that aborts closes the server": async (s) => {
    const controller = new AbortController();
    const server = s.watchServer(s.server.createServer());
    server.listen({ port: 0, host: s.host, signal: controller.signal });
    await happens(server, "listening");
    controller.abort();
    s.note("server", "aborted", server.listening);
    await s.closed(server);
  },

  "ref and unref return the server": async (s) => {
    const server = await s.listen();
    s.note("server", server.unref() === server, server.unref() === server, server.ref() === server);
  },

  "getDefaultAutoSelectFamily and its kin": async (s) => {
    const { server: net } = s;
    s.note("net", net.getDefaultAutoSelectFamily(), net.getDefaultAutoSelectFamilyAttemptTimeout());
    net.setDefaultAutoSelectFamily(false);
    net.setDefaultAutoSelectFamilyAttemptTimeout(3);
    s.note("net", net.getDefaultAutoSelectFamily(), net.getDefaultAutoSelectFamilyAttemptTimeout());
    net.setDefaultAutoSelectFamily(true);
    net.setDefaultAutoSelectFamilyAttemptTimeout(250);
    s.note(
      "net",
      thrownBy(() => net.setDefaultAutoSelectFamily(1 as unknown as boolean)),
    );
    s.note(
      "net",
      thrownBy(() => net.setDefaultAutoSelectFamilyAttemptTimeout(0)),
    );
  },

  "isIP, isIPv4, isIPv6": async (s) => {
    for (const text of ["::1", "127.0.0.1", "127.000.000.001", "127.0.0.1/24", "fhqwhgads", "fe80::1%0", ""]) {
      s.note("net", text, s.server.isIP(text), s.server.isIPv4(text), s.server.isIPv6(text));
    }
  },
};
