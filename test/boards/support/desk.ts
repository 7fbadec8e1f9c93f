// A board on the desk: its firmware in QEMU, and a stack of ours in this process at the other end of its cable.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BoardFirmware } from "../../../host/board/build.ts";
import { type RunningBoard, startQemu } from "../../../host/board/qemu.ts";
import { createStack, type Stack } from "../../../host/index.ts";
import { openStream, type StreamWire } from "../../../host/wire/stream.ts";

export const BOARD_ADDRESS = "10.0.0.2";
const OWN_ADDRESS = "10.0.0.1/24";

/** Milliseconds that anything may take; a simulated board on a busy computer is slow at times. */
const PATIENCE = 20_000;

/** What the console says of a region of linear memory. */
export interface RegionLine {
  name: string;
  at: number;
  count: number;
  size: number;
  used: number;
  most: number;
  refused: number;
}

/** What the console says of memory. */
export interface BoardMemory {
  regions: RegionLine[];
  /** Bytes of a connection alone, and with full buffers. */
  own: number;
  full: number;
  /** Bytes of the module's code by layer. */
  code: Record<string, number>;
  /** Of linear memory. */
  used: number;
  bytes: number;
}

export class Desk {
  readonly board: RunningBoard;
  readonly wire: StreamWire;
  readonly stack: Stack;
  readonly #folder: string;

  private constructor(folder: string, wire: StreamWire, stack: Stack, board: RunningBoard) {
    this.#folder = folder;
    this.wire = wire;
    this.stack = stack;
    this.board = board;
  }

  /** Starts a board; resolves when its stack runs. */
  static async start(firmware: BoardFirmware): Promise<Desk> {
    const folder = mkdtempSync(join(tmpdir(), "thimble-board-"));
    const socket = join(folder, "wire");
    const wire = await openStream(socket);
    const stack = await createStack({ wires: [{ wire, address: OWN_ADDRESS }] });
    const desk = new Desk(folder, wire, stack, await startQemu(firmware, { socket }));
    await desk.hear(/the stack runs/);
    return desk;
  }

  /** What the console says, from `from` on, up to what matches. Rejects when it does not say it. */
  async hear(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    let impatience: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const say = (): void => reject(new Error(`The console has not said ${pattern}:\n${this.board.console()}`));
      impatience = setTimeout(say, PATIENCE);
    });
    try {
      return await Promise.race([this.board.waitFor(pattern, from), late]);
    } finally {
      clearTimeout(impatience);
    }
  }

  /** Types a command of one letter; what it prints up to a line that matches. */
  async ask(letter: string, last: RegExp): Promise<string> {
    const from = this.board.console().length;
    this.board.type(letter);
    await this.hear(last, from);
    return this.board.console().slice(from);
  }

  /** The console's memory map: regions, what a connection takes, code, and the last line's figures. */
  async memory(): Promise<BoardMemory> {
    const text = await this.ask("m", /^linear used=\d+ bytes=\d+\n/m);
    const regions = [...text.matchAll(/^region (\w+) (.*)$/gm)].map(([, name, figures]) => ({
      name,
      ...figuresOf(figures),
    }));
    const { own = 0, full = 0 } = figuresOf(/^connection (.*)$/m.exec(text)?.[1] ?? "");
    const { used = 0, bytes = 0 } = figuresOf(/^linear (.*)$/m.exec(text)?.[1] ?? "");
    const layers = [...text.matchAll(/^code (\S+) bytes=(\d+)$/gm)].map(([, layer, bytes]) => [layer, Number(bytes)]);
    return { regions: regions as RegionLine[], own, full, code: Object.fromEntries(layers), used, bytes };
  }

  /** The console's other figures: milliseconds, restarts, bytes of the C stack in use at most and of it in all. */
  async state(): Promise<Record<string, number>> {
    const text = await this.ask("s", /^state .*\n/m);
    return figuresOf(/^state (.*)$/m.exec(text)?.[1] ?? "");
  }

  /** Pools that are to be as full after everything as they were before. */
  async pools(): Promise<Record<string, number>> {
    const { regions } = await this.memory();
    const names = ["PACKETS", "TCBS", "SYN_QUEUE", "TIME_WAIT", "DATAGRAM_SOCKETS", "REASSEMBLIES"];
    return Object.fromEntries(regions.filter(({ name }) => names.includes(name)).map(({ name, used }) => [name, used]));
  }

  /** Fetches the board's page; the answer, headers and all. */
  async page(): Promise<string> {
    const connection = await this.stack.connect({ address: BOARD_ADDRESS, port: 80 });
    await connection.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
    const decoder = new TextDecoder();
    let text = "";
    for (let bytes = await connection.read(); bytes !== null; bytes = await connection.read()) {
      text += decoder.decode(bytes);
    }
    await connection.close();
    return text;
  }

  /** Sends `count` echo requests, `depth` of them on their way at a time; how many were answered. */
  async ping(count: number, depth: number, bytes = 56): Promise<number> {
    let [begun, answered] = [0, 0];
    const lane = async (): Promise<void> => {
      while (begun++ < count) {
        const reply = await this.stack.ping(BOARD_ADDRESS, { bytes, timeout: PATIENCE }).catch(() => null);
        if (reply !== null) answered++;
      }
    };
    await Promise.all(Array.from({ length: depth }, lane));
    return answered;
  }

  async close(): Promise<void> {
    await this.board.stop();
    await this.stack.close();
    this.wire.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function figuresOf(text: string): Record<string, number> {
  return Object.fromEntries([...text.matchAll(/(\w+)=(\d+)/g)].map(([, key, value]) => [key, Number(value)]));
}
