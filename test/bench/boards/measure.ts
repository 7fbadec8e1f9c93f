// One run of one program on one board: what the board's own counter says, and how often each instruction was executed.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startQemu } from "../../../host/board/qemu.ts";
import { ROOT } from "../../../host/build/firmware.mjs";
import { cacheFolder, findProgram, fingerprint, runProgram } from "../peers/cache.ts";
import type { Program } from "./firmware.ts";
import { type Direction, Peer } from "./peer.ts";

const SEGMENT_BYTES = 1460;
/** Milliseconds of the computer's time; a run takes some seconds. */
const PATIENCE = 60_000;

export interface Run {
  /** Instructions in the stack's turns for each segment, by SysTick. */
  readonly instructions: number;
  /** Segments for each ACK of whoever received them. */
  readonly segmentsPerAck: number;
  /** Instructions executed for each segment, by address; waiting is among them. Empty without the plugin. */
  readonly profile: ReadonlyMap<number, number>;
}

/**
 * Runs a program. SysTick counts the virtual time that -icount makes of instructions: 2 to the power of `shift` nanoseconds
 * each, the shortest that is no shorter than a tick, so that it tells one instruction from the next.
 */
export async function measureProgram({ named, elf }: Program, direction: Direction): Promise<Run> {
  const tick = 1e9 / named.board.clock;
  const shift = Math.ceil(Math.log2(tick));
  const folder = mkdtempSync(join(tmpdir(), "thimble-bench-board-"));
  const [socket, counts] = [join(folder, "wire"), join(folder, "counts")];
  const plugin = await buildPlugin();
  const mark = await addressOf(elf, "meter_mark");
  const words = plugin === null ? [] : ["-plugin", `${plugin},mark=${mark},out=${counts}`];
  const board = await startQemu({ ...named, elf }, { socket, makesSocket: true, shift, words });
  let peer: Peer | null = null;
  try {
    const says = (): string => board.console();
    await within(board.waitFor(/bench: waiting/), says);
    peer = await Peer.join(socket, direction);
    board.type("g");
    await within(board.waitFor(/bench: ready/), says);
    peer.begin();
    const [, bytes, ticks] = await within(board.waitFor(/bench: bytes=(\d+) ticks=(\d+)\n/), says);
    const segments = Number(bytes) / SEGMENT_BYTES;
    return {
      instructions: (Number(ticks) * tick) / 2 ** shift / segments,
      segmentsPerAck: peer.segmentsPerAck(),
      profile: plugin === null ? new Map() : readCounts(counts, segments),
    };
  } finally {
    peer?.close();
    await board.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function within<T>(promise: Promise<T>, says: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The board does not go on. It said: ${says()}`)), PATIENCE);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function readCounts(file: string, segments: number): Map<number, number> {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return new Map(
    lines.map((line) => {
      const [address, count] = line.split(" ").map(Number);
      return [address, count / segments];
    }),
  );
}

/** The plugin for QEMU; null where there is no compiler for it. */
async function buildPlugin(): Promise<string | null> {
  const source = join(ROOT, "test/bench/boards/plugin/count.c");
  if (findProgram("gcc") === null) return null;
  const plugin = join(cacheFolder("plugin"), `count-${fingerprint([source], [])}.so`);
  await runProgram("gcc", ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", source, "-o", plugin]);
  return plugin;
}

async function addressOf(elf: string, symbol: string): Promise<number> {
  const names = await runProgram("arm-none-eabi-nm", [elf]);
  const [, address] = new RegExp(`^([0-9a-f]+) . ${symbol}$`, "m").exec(names) ?? [];
  if (address === undefined) throw new Error(`${elf} has no ${symbol}.`);
  return Number.parseInt(address, 16);
}
