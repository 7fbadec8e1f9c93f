// Ending one direction, both, in either order, and what may be done after that.

import { delay, happens, type Scenario, textOf } from "../scene.ts";

const BOTH = { allowHalfOpen: true };

export const halfClose: Record<string, Scenario> = {
  "one side ends, the other answers at length": async (s) => {
    const { near, far } = await s.watchedPair(BOTH);
    far.resume();
    near.end("question");
    await s.until(far, "end");
    far.write("an answer ");
    far.end("in two parts");
    s.note("client", await textOf(near));
    await s.closed(near, far);
  },

  "both end at once": async (s) => {
    const { near, far } = await s.watchedPair();
    near.end("a");
    far.end("b");
    near.resume();
    far.resume();
    await s.closed(near, far);
  },

  "both end at once, half-open": async (s) => {
    const { near, far } = await s.watchedPair(BOTH, BOTH);
    near.end("a");
    far.end("b");
    near.resume();
    far.resume();
    await s.closed(near, far);
  },

  "an end in 'end'": async (s) => {
    const { near, far } = await s.watchedPair(BOTH);
    far.on("end", () => far.end("you first", () => s.note("accepted", "end callback")));
    far.resume();
    near.resume();
    near.end();
    await s.closed(near, far);
  },

  "ended twice": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    near.resume();
    near.end("x", () => s.note("client", "first callback"));
    near.end((error?: Error) => s.note("client", "second callback", error));
    await s.closed(near, far);
  },

  "a write after the end": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    near.end("x");
    s.note(
      "client",
      near.write("y", (error) => s.note("client", "callback", error)),
    );
    await s.closed(near, far);
  },

  "a write after the other side has ended": async (s) => {
    const { near, far } = await s.watchedPair();
    near.resume();
    far.resume();
    far.end();
    await s.until(near, "end");
    s.note("client", near.writableEnded, near.writable);
    s.note(
      "client",
      near.write("late", (error) => s.note("client", "callback", error)),
    );
    await s.closed(near, far);
  },

  "a write in the 'end' of the other side": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    near.on("end", () =>
      s.note(
        "client",
        "write",
        near.write("last", (e) => s.note("client", "callback", e)),
      ),
    );
    near.resume();
    far.end();
    await s.closed(near, far);
  },

  "a write after a half-open end goes through": async (s) => {
    const { near, far } = await s.watchedPair({}, BOTH);
    near.resume();
    far.end();
    await s.until(near, "end");
    near.write("still here");
    s.note("accepted", await Promise.race([happens(far, "data"), happens(far, "error"), delay(20)]).then(Boolean));
  },

  "an end that nobody reads is not seen": async (s) => {
    const { near, far } = await s.watchedPair();
    near.end("unread");
    await delay(20);
    s.note("accepted", far.readableLength, far.readableEnded, far.writable);
    s.note("accepted", await textOf(far));
    near.resume();
    await s.closed(near, far);
  },

  "an end without data that nobody reads": async (s) => {
    const { near, far } = await s.watchedPair();
    near.end();
    await delay(20);
    s.note("accepted", far.readableEnded, far.writable, far.readyState);
    far.resume();
    near.resume();
    await s.closed(near, far);
  },

  "destroySoon after the other side has ended": async (s) => {
    const { near, far } = await s.watchedPair(BOTH);
    far.resume();
    near.resume();
    near.end();
    await s.until(far, "end");
    far.write("bye");
    far.destroySoon();
    await s.closed(near, far);
  },

  "destroy after end sends what was written": async (s) => {
    const { near, far } = await s.watchedPair();
    near.end("complete");
    near.destroy();
    const text = await textOf(far);
    await s.closed(near, far);
    s.note("accepted", text);
  },

  "destroy after the end of both": async (s) => {
    const { near, far } = await s.watchedPair();
    near.resume();
    far.resume();
    near.end();
    await s.closed(near, far);
    near.destroy();
    near.destroy(new Error("too late"));
    await delay(5);
  },

  "finish waits for what is written": async (s) => {
    const { near, far } = await s.watchedPair();
    const size = 2_000_000;
    near.resume();
    near.end(Buffer.alloc(size), () => s.note("client", "all written", near.bytesWritten));
    s.note("client", near.writableFinished);
    far.resume();
    await s.closed(near, far);
    s.note("accepted", far.bytesRead === size);
  },

  "half-open on one side only": async (s) => {
    const { near, far } = await s.watchedPair({}, BOTH);
    near.resume();
    far.resume();
    near.end("x");
    await s.closed(near, far);
    s.note("client", near.allowHalfOpen);
    s.note("accepted", far.allowHalfOpen);
  },

  "allowHalfOpen set later": async (s) => {
    const { near, far } = await s.watchedPair();
    far.allowHalfOpen = true;
    far.resume();
    near.end("x");
    await s.until(far, "end");
    await delay(5);
    s.note("accepted", far.writable);
    far.end("y");
    near.resume();
    await s.closed(near, far);
  },
};
