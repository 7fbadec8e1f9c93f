// Nobody is given more than they take.

import { delay, happens, type Scenario } from "../scene.ts";

/** More than any buffers on the way hold. */
const PLENTY = 30_000_000;

export const backPressure: Record<string, Scenario> = {
  "a reader that does not read stops the writer": async (s) => {
    const { near, far } = await s.pair({ pauseOnConnect: true });
    s.watch("client", near);
    near.write(Buffer.alloc(PLENTY), () => s.note("client", "written"));
    await delay(30);
    s.note("client", near.writableNeedDrain, near.writableLength);
    s.note("accepted", far.bytesRead);
    far.resume();
    await happens(near, "drain");
    s.note("client", "drain");
    s.note("client", near.writableLength);
  },

  "a writer that heeds false is never far ahead": async (s) => {
    const { near, far } = await s.pair();
    let sent = 0;
    let most = 0;
    const piece = Buffer.alloc(10_000);
    const fill = (): void => {
      while (sent < PLENTY / 10) {
        sent += piece.length;
        const more = near.write(piece);
        most = Math.max(most, near.writableLength);
        if (!more) return void near.once("drain", fill);
      }
      near.end();
    };
    fill();
    far.resume();
    await happens(far, "end");
    s.note("client", most < near.writableHighWaterMark + 2 * piece.length);
    s.note("accepted", far.bytesRead);
  },

  "paused, a socket reads no more than its mark and a piece": async (s) => {
    const { near, far } = await s.pair();
    far.pause();
    far.read(0);
    near.write(Buffer.alloc(PLENTY));
    await delay(30);
    s.note("accepted", far.readableLength >= far.readableHighWaterMark, far.readableLength < 200_000);
    far.destroy();
    near.on("error", () => {});
    near.destroy();
  },

  "onread that says false stops, and resume goes on": async (s) => {
    let calls = 0;
    const onread = {
      buffer: Buffer.alloc(1000),
      callback: () => {
        calls++;
        return calls !== 1;
      },
    };
    const { near, far } = await s.pair({}, { onread });
    far.write("one");
    await delay(15);
    far.write("two");
    await delay(15);
    s.note("client", calls);
    near.resume();
    await delay(15);
    s.note("client", calls > 1);
  },

  "onread with memory from a function": async (s) => {
    const buffers: Uint8Array[] = [];
    const seen: string[] = [];
    const onread = {
      buffer: () => {
        const buffer = new Uint8Array(16);
        buffers.push(buffer);
        return buffer;
      },
      callback: (bytes: number, buffer: Uint8Array) => {
        seen.push(`${Buffer.from(buffer.subarray(0, bytes))} ${buffer === buffers[buffers.length - 1]}`);
        return true;
      },
    };
    const { near, far } = await s.pair({}, { onread });
    far.write("first");
    await delay(15);
    far.end("second");
    near.resume();
    await s.closed(near);
    s.note("client", seen);
  },

  "onread and pause": async (s) => {
    const seen: string[] = [];
    const onread = {
      buffer: Buffer.alloc(100),
      callback: (bytes: number, buffer: Uint8Array) => {
        seen.push(Buffer.from(buffer.subarray(0, bytes)).toString());
        return true;
      },
    };
    const { near, far } = await s.pair({}, { onread });
    near.pause();
    far.write("held");
    await delay(15);
    s.note("client", seen);
    near.resume();
    await delay(15);
    s.note("client", seen, near.bytesRead);
  },

  "onread takes small pieces of much": async (s) => {
    let total = 0;
    let largest = 0;
    const onread = {
      buffer: Buffer.alloc(10),
      callback: (bytes: number) => {
        total += bytes;
        largest = Math.max(largest, bytes);
        return true;
      },
    };
    const { near, far } = await s.pair({}, { onread });
    far.end(Buffer.alloc(1234));
    near.resume();
    await s.closed(near);
    s.note("client", total, largest, near.bytesRead);
  },

  "an echo of much, by pipe": async (s) => {
    const { near, far } = await s.watchedPair();
    far.pipe(far);
    near.end(Buffer.alloc(5_000_000, 7));
    let bytes = 0;
    for await (const piece of near) bytes += piece.length;
    await s.closed(near, far);
    s.note("client", bytes);
  },

  "writableNeedDrain while connecting": async (s) => {
    const server = await s.listen({}, (far) => far.resume());
    const near = s.connect(server);
    s.note("client", near.write(Buffer.alloc(100_000)), near.writableNeedDrain, near.writableLength, near.bytesWritten);
    await happens(near, "drain");
    s.note("client", "drain");
    s.note("client", near.writableNeedDrain, near.writableLength, near.bytesWritten);
  },
};
