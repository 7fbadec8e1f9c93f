// Resets, destruction in every state, and the errors that follow.

import { delay, happens, type Scenario, textOf } from "../scene.ts";

export const errors: Record<string, Scenario> = {
  "a reset while the other side waits": async (s) => {
    const { near, far } = await s.watchedPair();
    near.resume();
    far.resetAndDestroy();
    await s.closed(near, far);
    s.note("client", near.errored?.name, near.destroyed);
  },

  "a reset behind data": async (s) => {
    const { near, far } = await s.watchedPair();
    far.write("before the reset");
    await happens(near, "readable");
    far.resetAndDestroy();
    near.resume();
    await s.closed(near, far);
  },

  "a reset while the other side is paused": async (s) => {
    const { near, far } = await s.watchedPair({ pauseOnConnect: true });
    near.resetAndDestroy();
    await delay(20);
    s.note("accepted", far.destroyed);
    far.resume();
    await s.closed(near, far);
  },

  "a write into a reset connection": async (s) => {
    const { near, far } = await s.watchedPair({ pauseOnConnect: true });
    near.resetAndDestroy();
    await delay(20);
    far.write("anybody?", (error) => s.note("accepted", "callback", (error as NodeJS.ErrnoException)?.syscall));
    await s.closed(far);
  },

  "unread data at destroy resets the other side": async (s) => {
    const { near, far } = await s.watchedPair({ pauseOnConnect: true });
    near.write("never read");
    near.resume();
    await delay(20);
    far.destroy();
    await s.closed(near, far);
  },

  "destroyed while a write waits": async (s) => {
    const { near, far } = await s.watchedPair({ pauseOnConnect: true });
    near.write(Buffer.alloc(20_000_000), (error) => s.note("client", "first", error));
    near.write("more", (error) => s.note("client", "second", error));
    await delay(20);
    near.destroy();
    await s.closed(near);
    far.destroy();
    await s.closed(far);
  },

  "destroyed with an error while a write waits": async (s) => {
    const { near, far } = await s.watchedPair({ pauseOnConnect: true });
    near.write(Buffer.alloc(20_000_000), (error) => s.note("client", "first", error));
    near.write("more", (error) => s.note("client", "second", error));
    await delay(20);
    near.destroy(new Error("enough"));
    await s.closed(near);
    far.destroy();
    await s.closed(far);
  },

  "reset by the peer while a write waits": async (s) => {
    const { near, far } = await s.watchedPair({ pauseOnConnect: true });
    near.resume();
    near.write(Buffer.alloc(20_000_000), (error) => s.note("client", "first", (error as Error)?.name));
    await delay(20);
    far.resetAndDestroy();
    await s.closed(near, far);
  },

  "destroyed in 'data'": async (s) => {
    const { near, far } = await s.watchedPair();
    near.resume();
    far.on("data", () => far.destroy());
    near.write("one");
    await s.closed(near, far);
  },

  "destroyed in 'end'": async (s) => {
    const { near, far } = await s.watchedPair();
    near.resume();
    far.on("end", () => far.destroy());
    far.resume();
    near.end();
    await s.closed(near, far);
  },

  "destroyed in 'finish'": async (s) => {
    const { near, far } = await s.watchedPair();
    near.on("finish", () => near.destroy());
    far.resume();
    near.end("x");
    await s.closed(near, far);
  },

  "destroyed in 'error'": async (s) => {
    const { near, far } = await s.watchedPair();
    near.on("error", () => near.destroy());
    near.resume();
    far.resetAndDestroy();
    await s.closed(near, far);
  },

  "destroyed in 'connection'": async (s) => {
    const server = await s.listen({}, (far) => s.watch("accepted", far).destroy());
    const near = s.connect(server);
    near.resume();
    await s.closed(near);
  },

  "destroyed with an error in 'connection'": async (s) => {
    const server = await s.listen({}, (far) => s.watch("accepted", far).destroy(new Error("not you")));
    const near = s.connect(server);
    near.resume();
    await s.closed(near);
  },

  "destroyed twice": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    near.destroy(new Error("first"));
    near.destroy(new Error("second"));
    await s.closed(near, far);
  },

  "a write after destroy": async (s) => {
    const { near, far } = await s.watchedPair();
    near.destroy();
    s.note(
      "client",
      near.write("x", (error) => s.note("client", "callback", error)),
    );
    await s.closed(near, far);
    s.note(
      "client",
      near.write("y", (error) => s.note("client", "later", error)),
    );
    await delay(5);
  },

  "an end after destroy": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    near.destroy();
    near.end("x", (error?: Error) => s.note("client", "callback", error));
    await s.closed(near, far);
  },

  "calls after destroy": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    near.destroy();
    s.note("client", near.setTimeout(10) === near, near.timeout, near.setNoDelay() === near);
    s.note("client", near.setKeepAlive(true) === near, near.pause() === near, near.resume() === near);
    s.note("client", near.address(), near.remoteAddress, near.bufferSize, near.readyState, near.read());
    await s.closed(near, far);
    s.note("client", near.bytesRead, near.bytesWritten, near.closed);
  },

  "resetAndDestroy twice": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    near.resetAndDestroy();
    near.resetAndDestroy();
    await s.closed(near, far);
  },

  "resetAndDestroy with data that waits": async (s) => {
    const { near, far } = await s.pair({ pauseOnConnect: true });
    s.watch("client", near);
    near.write(Buffer.alloc(20_000_000), (error) => s.note("client", "callback", error));
    await delay(20);
    near.resetAndDestroy();
    await s.closed(near);
    far.on("error", () => {}).resume();
    await s.closed(far);
    s.note("accepted", far.bytesRead < 20_000_000);
  },

  "an error that a listener throws goes to the process": async (s) => {
    const { near, far } = await s.pair();
    const thrown = happens(process as never, "uncaughtException");
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error) => {
      s.note("process", error.message);
      for (const other of others) process.on("uncaughtException", other);
    });
    far.once("data", () => {
      throw new Error("from a listener");
    });
    near.write("one");
    await Promise.race([thrown, delay(30)]);
    for (const other of others)
      if (!process.listeners("uncaughtException").includes(other)) process.on("uncaughtException", other);
    near.write("two");
    const [data] = await happens(far, "data");
    s.note("accepted", data);
  },

  "a rejection in 'connection' destroys the socket with captureRejections": async (s) => {
    const { EventEmitter } = await import("node:events");
    EventEmitter.captureRejections = true;
    const server = s.watchServer(s.server.createServer());
    EventEmitter.captureRejections = false;
    server.on("connection", async (far) => {
      s.watch("accepted", far);
      throw new Error("rejected");
    });
    server.listen(0, s.host);
    await s.until(server, "listening");
    const near = s.connect(server);
    near.resume();
    await s.closed(near);
  },

  "text up to a reset is kept for a reader that comes late": async (s) => {
    const { near, far } = await s.watchedPair();
    far.end("whole");
    await s.until(far, "finish");
    await delay(10);
    s.note("client", await textOf(near));
    await s.closed(near, far);
  },

  "an error in the middle of a pipe": async (s) => {
    const { near, far } = await s.watchedPair();
    far.pipe(far);
    near.resume();
    near.write("some");
    await happens(near, "data");
    near.resetAndDestroy();
    await s.closed(near, far);
  },
};
