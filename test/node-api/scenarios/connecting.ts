// Opening a connection: order of events, names, what goes wrong, and what is done before it is there.

import { once } from "node:events";
import type { LookupFunction } from "node:net";
import { delay, happens, type Scenario, type Scene, type Socket, textOf, thrownBy } from "../scene.ts";

/** A look-up that knows one answer. */
function answering(...answer: unknown[]): LookupFunction {
  return (_name, _options, callback) => {
    process.nextTick(callback as (...args: unknown[]) => void, ...answer);
  };
}

function toBoth(s: Scene): LookupFunction {
  return answering(null, [
    { address: s.host6, family: 6 },
    { address: s.host, family: 4 },
  ]);
}

function state(s: Scene, socket: Socket): void {
  s.note("client", socket.connecting, socket.pending, socket.destroyed, socket.readyState);
}

export const connecting: Record<string, Scenario> = {
  "state at each event": async (s) => {
    const server = await s.listen({}, (far) => far.end("x"));
    const near = s.connect(server);
    for (const event of ["connect", "ready", "end", "close"]) near.on(event, () => state(s, near));
    state(s, near);
    near.resume();
    await s.closed(near);
  },

  "state at each event of a refusal": async (s) => {
    const near = s.watch("client", s.client.connect({ port: await s.deadPort(), host: s.host }));
    for (const event of ["error", "close"]) near.on(event, () => state(s, near));
    await s.closed(near);
  },

  "refused with writes that wait": async (s) => {
    const near = s.watch("client", s.client.connect({ port: await s.deadPort(), host: s.host }));
    near.write("one", (error) => s.note("client", "one", error));
    near.write("two", (error) => s.note("client", "two", error));
    await s.closed(near);
  },

  "refused with an end that waits": async (s) => {
    const near = s.watch("client", s.client.connect({ port: await s.deadPort(), host: s.host }));
    near.end("all", () => s.note("client", "ended"));
    await s.closed(near);
  },

  "destroyed at once": async (s) => {
    const server = await s.listen();
    const near = s.connect(server);
    near.destroy();
    state(s, near);
    await s.closed(near);
    await delay(10);
  },

  "destroyed at once with an error": async (s) => {
    const server = await s.listen();
    const near = s.connect(server);
    near.destroy(new Error("changed my mind"));
    await s.closed(near);
  },

  "destroyed at once with a write that waits": async (s) => {
    const server = await s.listen();
    const near = s.connect(server);
    near.write("never", (error) => s.note("client", "callback", error));
    near.destroy();
    await s.closed(near);
  },

  "destroyed in 'connect'": async (s) => {
    const server = await s.listen();
    const near = s.connect(server);
    near.on("connect", () => near.destroy());
    await s.closed(near);
  },

  "destroyed in 'lookup'": async (s) => {
    const server = await s.listen();
    const near = s.connect(server, { host: "a.test", family: 4, lookup: answering(null, s.host, 4) });
    near.on("lookup", () => near.destroy());
    await s.closed(near);
  },

  "destroyed in 'connectionAttempt'": async (s) => {
    const server = await s.listen();
    const near = s.connect(server, { host: "a.test", autoSelectFamily: true, lookup: toBoth(s) });
    near.on("connectionAttemptFailed", () => near.destroy());
    await s.closed(near);
  },

  "reset before it is connected": async (s) => {
    const server = await s.listen();
    const gone = new Promise((resolve) => {
      server.on("connection", (far) => s.watch("accepted", far).resume().on("close", resolve));
    });
    const near = s.connect(server);
    near.resetAndDestroy();
    state(s, near);
    await Promise.all([gone, s.closed(near)]);
  },

  "ended before it is connected": async (s) => {
    const server = await s.listen();
    const gone = new Promise((resolve) => {
      server.on("connection", (far) => s.watch("accepted", far).resume().on("close", resolve));
    });
    const near = s.connect(server);
    near.resume();
    near.end();
    state(s, near);
    await Promise.all([gone, s.closed(near)]);
  },

  "paused before it is connected": async (s) => {
    const server = await s.listen({}, (far) => far.end("early"));
    const near = s.connect(server);
    near.pause();
    await s.until(near, "ready");
    await delay(15);
    s.note("client", near.bytesRead, near.readableFlowing);
    s.note("client", await textOf(near.resume()));
  },

  "the same socket again after it was closed": async (s) => {
    const server = await s.listen({}, (far) => far.end("hello"));
    const near = s.connect(server);
    s.note("client", await textOf(near));
    await s.closed(near);
    near.connect({ port: s.portOf(server), host: s.host });
    state(s, near);
    await happens(near, "ready");
    state(s, near);
    s.note("client", await textOf(near));
  },

  "the same socket again after a refusal": async (s) => {
    const server = await s.listen({}, (far) => far.end("hello"));
    const near = s.watch("client", new s.client.Socket());
    near.connect(await s.deadPort(), s.host);
    await s.closed(near);
    near.connect(s.portOf(server), s.host);
    s.note("client", await textOf(near));
  },

  "an address that is not one": async (s) => {
    const near = s.connect(await s.listen(), { host: "a.test", family: 4, lookup: answering(null, "nonsense", 4) });
    await s.closed(near);
  },

  "a family that is not one": async (s) => {
    const near = s.connect(await s.listen(), { host: "a.test", family: 4, lookup: answering(null, s.host, 100) });
    await s.closed(near);
  },

  "a look-up of several that fails": async (s) => {
    const error = Object.assign(new Error("nobody knows"), { code: "ENOTFOUND" });
    const near = s.connect(await s.listen(), { host: "a.test", lookup: answering(error) });
    await s.closed(near);
  },

  "a look-up of several with one answer": async (s) => {
    const lookup = answering(null, [{ address: s.host, family: 4 }]);
    const near = s.connect(await s.listen(), { host: "a.test", lookup });
    await s.until(near, "ready");
    s.note("client", near.autoSelectFamilyAttemptedAddresses);
  },

  "a look-up of several with nothing of use": async (s) => {
    const lookup = answering(null, [{ address: "nonsense", family: 4 }]);
    const near = s.connect(await s.listen(), { host: "a.test", lookup });
    await s.closed(near);
  },

  "a look-up of several with one address twice": async (s) => {
    const twice = [
      { address: s.host, family: 4 },
      { address: s.host, family: 4 },
    ];
    const near = s.connect(await s.listen(), { host: "a.test", lookup: answering(null, twice) });
    await s.until(near, "ready");
  },

  "names and the family option": async (s) => {
    const server = await s.listen();
    for (const family of [4, 6, "IPv4", "IPv6"]) {
      const lookup: LookupFunction = (_name, options, callback) => {
        s.note("lookup", options.family, options.all);
        process.nextTick(callback, null, s.host, 4);
      };
      const near = s.connect(server, { host: "a.test", family: family as number, lookup });
      await s.until(near, "ready");
      near.destroy();
      await s.closed(near);
    }
  },

  "without autoSelectFamily the first address is the one": async (s) => {
    const lookup: LookupFunction = (_name, options, callback) => {
      s.note("lookup", options.family, options.all);
      process.nextTick(callback, null, s.host, 4);
    };
    const near = s.connect(await s.listen(), { host: "a.test", autoSelectFamily: false, lookup });
    await s.until(near, "ready");
  },

  "a local address that is somebody else's": async (s) => {
    const near = s.connect(await s.listen(), { localAddress: "10.0.0.77" });
    await s.closed(near);
  },

  "a local port that a server has": async (s) => {
    const server = await s.listen();
    const other = s.watchServer(s.client.createServer(), "other");
    other.listen(0, s.clientHost);
    await s.until(other, "listening");
    const near = s.connect(server, { localAddress: s.clientHost, localPort: s.portOf(other) });
    await s.closed(near);
  },

  "a refusal names the local end that was asked for": async (s) => {
    const [port, localPort] = [await s.deadPort(), await s.deadPort()];
    const near = s.client.connect({ port, host: s.host, localAddress: s.clientHost, localPort });
    await s.closed(s.watch("client", near));
  },

  "listeners in the order in which they came, once and on": async (s) => {
    const server = await s.listen();
    const near = new s.client.Socket();
    near.once("connect", () => s.note("client", "first"));
    near.connect(s.portOf(server), s.host, () => s.note("client", "callback"));
    near.on("connect", () => s.note("client", "last"));
    s.watch("client", near);
    await s.until(near, "ready");
    s.note("client", near.listenerCount("connect"));
  },

  "ticks and promises between 'connect' and 'ready'": async (s) => {
    const server = await s.listen();
    const near = s.connect(server);
    near.on("connect", () => {
      process.nextTick(() => s.note("client", "tick"));
      Promise.resolve().then(() => s.note("client", "promise"));
    });
    await s.until(near, "ready");
    await delay(5);
  },

  "a socket that nobody has connected": async (s) => {
    const fresh = s.watch("client", new s.client.Socket());
    state(s, fresh);
    s.note("client", fresh.bytesRead, fresh.bytesWritten, fresh.bufferSize, fresh.remotePort, fresh.timeout);
    s.note("client", fresh.readable, fresh.writable, fresh.listenerCount("end"));
    fresh.destroy();
    await s.closed(fresh);
  },

  "a write to a socket that nobody has connected": async (s) => {
    const fresh = s.watch("client", new s.client.Socket());
    fresh.write("lost", (error) => s.note("client", "callback", error));
    await s.closed(fresh);
  },

  "an argument for a name that cannot be": async (s) => {
    const bad = (options: object): unknown => thrownBy(() => new s.client.Socket().connect(options as never));
    s.note("client", bad({ port: 1, localPort: "x" }));
    s.note("client", bad({ port: 1, autoSelectFamilyAttemptTimeout: "x" }));
    s.note("client", bad({ port: 1, autoSelectFamilyAttemptTimeout: 0 }));
    s.note("client", bad({ port: 1, autoSelectFamilyAttemptTimeout: 1.5 }));
    s.note("client", bad({ port: -1 }));
    s.note("client", bad({ port: null }));
    s.note("client", bad({ port: "" }));
    s.note("client", bad({ port: [] }));
    s.note("client", bad({ port: () => 0 }));
  },

  "to the other version of IP": async (s) => {
    const server = await s.listen({}, (far) => s.watch("accepted", far), { host: s.host6 });
    s.note("server", server.address());
    const near = s.connect(server, { host: s.host6 });
    await Promise.all([s.until(near, "ready"), s.until(server, "connection")]);
    s.note("client", near.remoteAddress, near.remoteFamily, near.localFamily, near.address());
  },

  "mapped addresses speak IPv4": async (s) => {
    const server = await s.listen({}, () => {}, { host: "::" });
    const near = s.connect(server, { host: `::ffff:${s.host}` });
    await s.until(near, "ready");
    s.note("client", near.remoteAddress, near.remoteFamily, near.localAddress, near.localFamily);
  },

  "a timeout while it connects does not end it": async (s) => {
    const server = await s.listen();
    const lookup: LookupFunction = (_name, _options, callback) => {
      setTimeout(callback, 40, null, s.host, 4);
    };
    const near = s.connect(server, { host: "a.test", family: 4, lookup });
    near.setTimeout(10);
    await once(near, "timeout");
    near.setTimeout(0);
    await s.until(near, "ready");
  },
};
