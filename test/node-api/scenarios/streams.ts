// A socket as a stream: pipes, iterators, encodings, reading by the piece, corks.

import { once } from "node:events";
import { finished, PassThrough, pipeline, Readable } from "node:stream";
import { pipeline as pipelinePromise } from "node:stream/promises";
import { delay, happens, type Scenario, textOf } from "../scene.ts";

function pattern(bytes: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: bytes }, (_, i) => i * 31));
}

export const streams: Record<string, Scenario> = {
  "an echo by pipe": async (s) => {
    const { near, far } = await s.watchedPair();
    far.pipe(far);
    near.end("there and back");
    s.note("client", await textOf(near));
    await s.closed(near, far);
  },

  "a pipe ends what it writes to": async (s) => {
    const { near, far } = await s.watchedPair();
    Readable.from(["one ", "two ", "three"]).pipe(near);
    near.resume();
    s.note("accepted", await textOf(far));
    await s.closed(near, far);
  },

  "pipeline, with large data": async (s) => {
    const { near, far } = await s.watchedPair();
    const data = pattern(3_000_000);
    const pieces: Buffer[] = [];
    far.on("data", (piece) => pieces.push(piece));
    near.resume();
    await pipelinePromise(Readable.from([data.subarray(0, 1_000_000), data.subarray(1_000_000)]), near);
    await s.closed(near, far);
    s.note("accepted", Buffer.concat(pieces).equals(data));
  },

  "pipeline whose socket is destroyed": async (s) => {
    const { near, far } = await s.watchedPair();
    const source = new PassThrough();
    const outcome = new Promise((resolve) => pipeline(source, near, resolve));
    source.write("some");
    await once(far, "data");
    near.destroy();
    s.note("client", await outcome);
    await s.closed(near, far);
  },

  "pipeline whose source fails": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    const source = new PassThrough();
    const outcome = new Promise((resolve) => pipeline(source, near, resolve));
    source.write("some");
    await delay(10);
    source.destroy(new Error("dry"));
    s.note("client", await outcome);
    await s.closed(near, far);
  },

  "finished of both directions": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    const outcome = new Promise((resolve) => finished(near, resolve));
    near.resume();
    near.end("x");
    s.note("client", await outcome);
    await s.closed(near, far);
  },

  "finished of a socket that is reset": async (s) => {
    const { near, far } = await s.watchedPair();
    near.resume();
    const outcome = new Promise((resolve) => finished(near, resolve));
    far.resetAndDestroy();
    s.note("client", await outcome);
    await s.closed(near, far);
  },

  "finished of a socket that is destroyed": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    const outcome = new Promise((resolve) => finished(near, resolve));
    near.destroy();
    s.note("client", await outcome);
    await s.closed(near, far);
  },

  "an iterator to the end": async (s) => {
    const { near, far } = await s.watchedPair();
    near.end("iterated");
    near.resume();
    let text = "";
    for await (const piece of far) text += piece;
    await s.closed(near, far);
    s.note("accepted", text);
  },

  "an iterator that is left destroys the socket": async (s) => {
    const { near, far } = await s.watchedPair();
    near.resume();
    near.write("one");
    for await (const piece of far) {
      s.note("accepted", piece);
      break;
    }
    await s.closed(near, far);
  },

  "an iterator over a socket that is reset": async (s) => {
    const { near, far } = await s.watchedPair();
    const reading = (async () => {
      try {
        for await (const piece of far) s.note("accepted", piece);
      } catch (error) {
        s.note("accepted", "thrown", error);
      }
    })();
    near.write("one");
    await delay(10);
    near.resetAndDestroy();
    await Promise.all([reading, s.closed(near, far)]);
  },

  "'readable' and read": async (s) => {
    const { near, far } = await s.watchedPair();
    near.resume();
    far.on("readable", () => {
      for (let piece = far.read(3); piece !== null; piece = far.read(3)) s.note("accepted", "read", piece);
    });
    near.end("abcdefgh");
    await s.closed(near, far);
  },

  "read of more than is there waits": async (s) => {
    const { near, far } = await s.pair();
    far.on("readable", () => {});
    near.write("four");
    await s.received(far, 4);
    s.note("accepted", far.read(6), far.readableLength);
    near.write("more");
    await s.received(far, 8);
    s.note("accepted", far.read(6), far.readableLength);
  },

  "a character in two pieces": async (s) => {
    const { near, far } = await s.pair();
    far.setEncoding("utf8");
    const euro = Buffer.from("€");
    let text = "";
    far.on("data", (piece) => {
      text += piece;
    });
    near.write(euro.subarray(0, 1));
    await s.received(far, 1);
    near.end(euro.subarray(1));
    await happens(far, "end");
    s.note("accepted", text);
  },

  "encodings of what is written": async (s) => {
    const { near, far } = await s.pair();
    near.write("00ff", "hex");
    near.write("AP8=", "base64");
    near.write("ÿ", "latin1");
    near.write("a", "utf16le");
    near.end("z", "ascii");
    far.setEncoding("hex");
    let text = "";
    far.on("data", (piece) => {
      text += piece;
    });
    await happens(far, "end");
    s.note("accepted", text);
  },

  setDefaultEncoding: async (s) => {
    const { near, far } = await s.pair();
    near.setDefaultEncoding("hex");
    near.end("414243");
    s.note("accepted", await textOf(far));
  },

  "typed arrays are written, other things are not": async (s) => {
    const { near, far } = await s.watchedPair();
    near.write(new Uint8Array([65, 66]));
    near.end();
    near.resume();
    s.note("accepted", await textOf(far));
    await s.closed(near, far);
    const other = await s.pair();
    try {
      other.near.write(7 as never);
    } catch (error) {
      s.note("client", error);
    }
  },

  "cork and uncork": async (s) => {
    const { near, far } = await s.pair();
    s.watch("client", near);
    near.cork();
    near.write("one ", () => s.note("client", "one"));
    near.write("two ", () => s.note("client", "two"));
    s.note("client", near.writableCorked, near.writableLength);
    near.uncork();
    near.end("three", () => s.note("client", "three"));
    near.resume();
    s.note("accepted", await textOf(far));
    await s.closed(near);
  },

  "callbacks in the order of writes": async (s) => {
    const { near, far } = await s.pair();
    far.resume();
    const done = new Promise<void>((resolve) => {
      for (let i = 0; i < 5; i++) near.write(`piece ${i}`, () => s.note("client", i));
      near.write("last", () => resolve());
    });
    s.note("client", "called");
    await done;
  },

  "ticks and promises between callbacks of writes": async (s) => {
    const { near, far } = await s.pair();
    far.resume();
    near.write("x", () => {
      s.note("client", "written");
      process.nextTick(() => s.note("client", "tick"));
      Promise.resolve().then(() => s.note("client", "promise"));
    });
    process.nextTick(() => s.note("client", "tick of the caller"));
    Promise.resolve().then(() => s.note("client", "promise of the caller"));
    await delay(10);
  },

  "ticks and promises in 'data' and 'end'": async (s) => {
    const { near, far } = await s.watchedPair();
    near.resume();
    far.on("data", () => {
      process.nextTick(() => s.note("accepted", "tick of data"));
      Promise.resolve().then(() => s.note("accepted", "promise of data"));
    });
    far.on("end", () => {
      process.nextTick(() => s.note("accepted", "tick of end"));
      Promise.resolve().then(() => s.note("accepted", "promise of end"));
    });
    near.end("x");
    await s.closed(near, far);
  },

  "unshift puts back": async (s) => {
    const { near, far } = await s.pair();
    near.write("header body");
    const [data] = await once(far, "data");
    far.pause();
    far.unshift(data.subarray(7));
    near.end("!");
    s.note("accepted", await textOf(far.resume()));
  },

  "pause in 'data'": async (s) => {
    const { near, far } = await s.pair();
    s.watchData("accepted", far);
    far.once("data", () => far.pause());
    near.write("one");
    await s.received(far, 3);
    near.write("two");
    await s.received(far, 6);
    s.note("accepted", "resumed");
    far.resume();
    await happens(far, "data");
  },

  "highWaterMark of a server's sockets": async (s) => {
    const { near, far } = await s.pair({ highWaterMark: 100 });
    s.note("accepted", far.readableHighWaterMark, far.writableHighWaterMark);
    s.note("client", near.readableHighWaterMark, near.writableHighWaterMark);
  },

  "toArray and other helpers of streams": async (s) => {
    const { near, far } = await s.pair();
    near.end("abc");
    const pieces = await far.map((piece: Buffer) => piece.toString().toUpperCase()).toArray();
    s.note("accepted", pieces.join(""));
  },

  "a stream of the web kind": async (s) => {
    const { Duplex } = await import("node:stream");
    const { near, far } = await s.pair();
    const { readable } = Duplex.toWeb(far);
    near.end("web");
    let text = "";
    for await (const piece of readable) text += Buffer.from(piece as Uint8Array).toString();
    s.note("accepted", text);
  },

  "compose with a transform": async (s) => {
    const { near, far } = await s.pair();
    const upper = new PassThrough();
    far.pipe(upper);
    near.end("through");
    let text = "";
    for await (const piece of upper) text += piece;
    s.note("accepted", text);
  },

  "large data both ways at once": async (s) => {
    const { near, far } = await s.pair();
    const [there, back] = [pattern(2_000_000), pattern(1_500_000)];
    near.end(there);
    far.end(back);
    const collect = async (socket: typeof near): Promise<Buffer> => {
      const pieces: Buffer[] = [];
      socket.on("data", (piece) => pieces.push(piece));
      await happens(socket, "end");
      return Buffer.concat(pieces);
    };
    const [atNear, atFar] = await Promise.all([collect(near), collect(far)]);
    await s.closed(near, far);
    s.note("client", atNear.equals(back), near.bytesRead, near.bytesWritten);
    s.note("accepted", atFar.equals(there), far.bytesRead, far.bytesWritten);
  },
};
