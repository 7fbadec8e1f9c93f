// From the documentation of net.Socket: one scenario for each event, option, method, property and error that it
// describes.

import { once } from "node:events";
import type { LookupFunction } from "node:net";
import { delay, happens, type Scenario, textOf, thrownBy } from "../scene.ts";

export const documentedSockets: Record<string, Scenario> = {
  "'connect' comes before 'ready', and the callback is a listener of 'connect'": async (s) => {
    const server = await s.listen();
    const near = s.client.connect(s.portOf(server), s.host, () => s.note("client", "callback"));
    s.watch("client", near);
    s.note("client", near.connecting, near.pending, near.readyState);
    await s.until(near, "ready");
    s.note("client", near.connecting, near.pending, near.readyState);
  },

  "'close' has an argument that tells of an error": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    near.destroy(new Error("on purpose"));
    s.note("client", "called", near.destroyed);
    await s.closed(near, far);
  },

  "'data' gives buffers, or text after setEncoding": async (s) => {
    const { near, far } = await s.pair();
    near.write("Grüße");
    const [bytes] = await once(far, "data");
    s.note("accepted", Buffer.isBuffer(bytes), bytes);
    far.setEncoding("utf8");
    near.write("ünd mehr");
    const [text] = await once(far, "data");
    s.note("accepted", typeof text, text);
  },

  "data that nobody listens for waits": async (s) => {
    const { near, far } = await s.pair();
    near.end("early");
    await delay(20);
    s.note("accepted", await textOf(far));
  },

  "'drain' comes when the write buffer is empty": async (s) => {
    const { near, far } = await s.pair();
    s.watch("client", near);
    s.note("client", "write", near.write("small"));
    while (near.write(Buffer.alloc(65_536)));
    s.note("client", near.writableNeedDrain, near.writableLength > 0, near.bufferSize === near.writableLength);
    far.resume();
    await happens(near, "drain");
    s.note("client", "drain");
    s.note("client", near.writableLength, near.bufferSize, near.writableNeedDrain);
  },

  "'end' and 'finish', and then 'close'": async (s) => {
    const { near, far } = await s.watchedPair();
    near.resume();
    far.resume();
    near.end("bye", () => s.note("client", "end callback"));
    s.note("client", near.writable, near.writableEnded, near.readyState);
    await s.closed(near, far);
    s.note("client", near.readyState, near.destroyed);
  },

  "'error' and then 'close' when nobody listens there": async (s) => {
    const near = s.watch("client", s.client.connect({ port: await s.deadPort(), host: s.host }));
    await s.closed(near);
    s.note("client", near.destroyed, near.connecting, near.readyState);
  },

  "'lookup' comes after the name was found and before the connection": async (s) => {
    const server = await s.listen();
    const lookup: LookupFunction = (name, options, callback) => {
      s.note("lookup", name, options.family, options.all);
      process.nextTick(() => callback(null, s.host, 4));
    };
    const near = s.connect(server, { host: "somewhere.test", family: 4, lookup });
    await s.until(near, "ready");
    s.note("client", near.remoteAddress);
  },

  "'lookup' tells of an error, and the socket fails with it": async (s) => {
    const server = await s.listen();
    const lookup: LookupFunction = (_name, _options, callback) => {
      process.nextTick(() => callback(Object.assign(new Error("no such name"), { code: "EWHY" }), "", 0));
    };
    const near = s.connect(server, { host: "nowhere.test", family: 4, lookup });
    await s.closed(near);
  },

  "'timeout' comes after silence, and does not end the connection": async (s) => {
    const { near } = await s.watchedPair();
    s.note("client", near.setTimeout(20, () => s.note("client", "timeout callback")) === near, near.timeout);
    await happens(near, "timeout");
    s.note("client", near.destroyed, near.readyState);
    near.setTimeout(0);
    s.note("client", near.timeout);
  },

  "the option timeout is setTimeout": async (s) => {
    const server = await s.listen();
    const near = s.connect(server, { timeout: 150 } as object);
    await happens(near, "timeout");
    s.note("client", near.timeout, near.readyState);
  },

  "bytesRead and bytesWritten, also of what waits": async (s) => {
    const { near, far } = await s.pair();
    near.cork();
    near.write("four");
    near.write("ünf", "utf8");
    s.note("client", near.bytesWritten, near.bytesRead);
    near.uncork();
    await once(far, "data");
    s.note("accepted", far.bytesRead, far.bytesWritten);
    near.destroy();
    await s.closed(near);
    s.note("client", near.bytesWritten);
  },

  "destroy closes both ends without an error": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    s.note("client", near.destroy() === near, near.destroyed, near.readyState, near.remoteAddress, near.localAddress);
    await s.closed(near, far);
  },

  "destroySoon writes what it has first": async (s) => {
    const { near, far } = await s.watchedPair();
    near.write("last words");
    near.destroySoon();
    s.note("client", near.destroyed, near.writable);
    const text = await textOf(far);
    await s.closed(near, far);
    s.note("accepted", text);
  },

  "resetAndDestroy: the other side reads ECONNRESET": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    s.note("client", near.resetAndDestroy() === near, near.destroyed);
    await s.closed(near, far);
  },

  "resetAndDestroy of a closed socket fails with ERR_SOCKET_CLOSED": async (s) => {
    const near = s.watch("client", new s.client.Socket());
    near.resetAndDestroy();
    await s.closed(near);
  },

  "pause and resume hold the data back": async (s) => {
    const { near, far } = await s.pair();
    s.watchData("accepted", far);
    far.pause();
    near.write("held back");
    await delay(20);
    s.note("accepted", "still paused", far.isPaused());
    far.resume();
    await happens(far, "data");
  },

  "setNoDelay, setKeepAlive, ref and unref return the socket": async (s) => {
    const { near } = await s.pair();
    s.note("client", near.setNoDelay() === near, near.setNoDelay(false) === near);
    s.note("client", near.setKeepAlive(true, 1000) === near, near.setKeepAlive() === near);
    s.note("client", near.unref() === near, near.ref() === near);
  },

  "write gives false above the mark": async (s) => {
    const server = await s.listen({}, (far) => far.resume());
    const near = s.connect(server, { writableHighWaterMark: 10 } as object);
    s.note("client", near.writableHighWaterMark, near.write("12345"), near.write("67890"), near.writableLength);
    await happens(near, "drain");
    s.note("client", "drain");
    s.note("client", near.writableLength);
  },

  "write calls back when it is out": async (s) => {
    const { near, far } = await s.pair();
    s.note(
      "client",
      near.write("ff00", "hex", (error) => s.note("client", "out", error)),
    );
    const [data] = await once(far, "data");
    s.note("accepted", data.toString("hex"));
  },

  "a write before the connection is there goes out when it is": async (s) => {
    const server = await s.listen({}, async (far) => s.note("accepted", await textOf(far)));
    const near = s.connect(server);
    near.write("first", () => s.note("client", "written"));
    s.note("client", near.bytesWritten, near.bufferSize, near.connecting);
    near.end(" last");
    near.resume();
    await s.closed(near);
  },

  "onread puts what comes into one buffer": async (s) => {
    const buffer = Buffer.alloc(8);
    const onread = {
      buffer,
      callback: (bytes: number, into: Uint8Array) => {
        s.note("client", "onread", Buffer.from(into.subarray(0, bytes)).toString(), into === buffer);
        return true;
      },
    };
    const { near, far } = await s.pair({}, { onread });
    s.watch("client", near);
    near.on("data", () => s.note("client", "data, which never comes"));
    far.end("12345");
    near.resume();
    await s.closed(near);
  },

  "a signal that aborts destroys the socket": async (s) => {
    const controller = new AbortController();
    const server = await s.listen();
    const near = s.connect(server, { signal: controller.signal } as object);
    await s.until(near, "connect");
    controller.abort();
    s.note("client", near.destroyed);
    await s.closed(near);
  },

  "localAddress and localPort say where from": async (s) => {
    const server = await s.listen();
    const localPort = await s.deadPort();
    const near = s.connect(server, { localAddress: s.clientHost, localPort });
    await s.until(near, "connect");
    s.note("client", near.localAddress, near.localPort === localPort, near.localFamily);
  },

  "autoSelectFamily tries the other version when one is refused": async (s) => {
    const server = await s.listen();
    const lookup: LookupFunction = (_name, options, callback) => {
      s.note("lookup", options.all);
      const all = [
        { address: s.host6, family: 6 },
        { address: s.host, family: 4 },
      ];
      process.nextTick(() => callback(null, all));
    };
    const near = s.connect(server, { host: "both.test", lookup });
    await s.until(near, "ready");
    const tried = near.autoSelectFamilyAttemptedAddresses ?? [];
    s.note("client", tried.length, near.remoteAddress);
  },

  "autoSelectFamily fails with the errors of all attempts": async (s) => {
    const port = await s.deadPort();
    const lookup: LookupFunction = (_name, _options, callback) => {
      const all = [
        { address: s.host6, family: 6 },
        { address: s.host, family: 4 },
      ];
      process.nextTick(() => callback(null, all));
    };
    const near = s.watch("client", s.client.connect({ port, host: "both.test", lookup }));
    await s.closed(near);
  },

  "address is empty before and both after": async (s) => {
    const fresh = new s.client.Socket();
    s.note("client", fresh.address(), fresh.localAddress, fresh.remoteAddress, fresh.pending, fresh.readyState);
    const { near } = await s.pair();
    s.note("client", near.address());
  },

  "a connection in the readyState of each half": async (s) => {
    const { near, far } = await s.pair({ allowHalfOpen: true }, { allowHalfOpen: true });
    near.end();
    far.resume();
    await happens(far, "end");
    s.note("client", near.readyState);
    s.note("accepted", far.readyState);
    far.end();
    near.resume();
    await s.closed(near, far);
    s.note("client", near.readyState);
  },

  "wrong arguments throw": async (s) => {
    const { client } = s;
    const bad = (options: object): unknown => thrownBy(() => new client.Socket().connect(options as never));
    s.note("client", bad({}));
    s.note("client", bad({ port: 70_000, host: s.host }));
    s.note("client", bad({ port: "x", host: s.host }));
    s.note("client", bad({ port: true, host: s.host }));
    s.note("client", bad({ port: 1, host: s.host, localAddress: "nonsense" }));
    s.note("client", bad({ port: 1, host: "name.test", lookup: 7 }));
    s.note("client", bad({ port: 1, host: s.host, autoSelectFamily: 1 }));
    s.note(
      "client",
      thrownBy(() => new client.Socket().setTimeout(-1)),
    );
    s.note(
      "client",
      thrownBy(() => new client.Socket().setTimeout("1" as unknown as number)),
    );
    s.note(
      "client",
      thrownBy(() => new client.Socket({ objectMode: true } as object)),
    );
  },
};
