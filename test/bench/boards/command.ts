// `npm run bench -- boards`: what a segment costs on a microcontroller, beside lwIP.

import { type Command, Option } from "commander";
import { readBoard } from "../../../host/board/boards.ts";
import { boardNames } from "../../../host/build/firmware.mjs";
import { BOARD_PROGRAMS, missingPrograms } from "../../runner/debian.mjs";
import { someOf } from "../arguments.ts";
import { cacheFolder, runProgram } from "../peers/cache.ts";
import { fetchSource } from "../peers/debian.ts";
import { ProgressLine } from "../progress.ts";
import { buildLwip, buildThimble, GCC, MAC_NAMES, type Program } from "./firmware.ts";
import { measureProgram } from "./measure.ts";
import { DIRECTIONS, type Direction } from "./peer.ts";
import { sharesOf } from "./profile.ts";
import { type BoardResult, type Contender, type Figure, resultData, resultText } from "./report.ts";

const BOARDS = ["lm3s6965evb", "emcraft-sf2", "mps2-an385"];
const LEVELS = { speed: "-O2", size: "-Os" } as const;

const DESCRIPTION = `Counts the instructions that a Cortex-M3 takes for a received and for a sent segment of 1,460 bytes, on
boards as QEMU has them: Thimble as the board's firmware has it, every access to memory checked, and
lwIP, compiled natively from Debian's source with a driver of ours for the same MAC. Both talk to the
same peer, which never has more than two segments on their way. The board's SysTick counts; where
there is gcc, a plugin of QEMU also counts each instruction, for the shares.`;

interface Options {
  boards: string[];
  for: keyof typeof LEVELS;
  json?: boolean;
  lwip: boolean;
}

export function registerBoards(program: Command): void {
  const boards = new Option("--boards <list>", `some of ${boardNames().join(", ")}`).argParser(someOf(boardNames()));
  program
    .command("boards")
    .summary("instructions for a segment on microcontrollers, beside lwIP")
    .description(DESCRIPTION)
    .addOption(boards.default(BOARDS, BOARDS.join(",")))
    .addOption(
      new Option("--for <what>", "what the compiler is to favour").choices(Object.keys(LEVELS)).default("speed"),
    )
    .option("--no-lwip", "Thimble alone")
    .option("--json", "print data instead of text")
    .action(run);
}

async function run(options: Options): Promise<void> {
  const missing = missingPrograms(BOARD_PROGRAMS) as readonly { debian: string }[];
  if (missing.length > 0) {
    throw new Error(`Boards need the Debian packages ${missing.map(({ debian }) => debian).join(", ")}.`);
  }
  const progress = new ProgressLine("boards");
  const level = LEVELS[options.for];
  const compiler = (await runProgram(GCC, ["--version"])).split("\n")[0];
  const source = options.lwip ? await lwipSource(progress) : { path: null, reason: "not asked for" };
  const results: BoardResult[] = [];
  for (const name of options.boards) results.push(await measureBoard(name, level, source.path, progress));
  progress.end();
  if (options.json) {
    const data = { compiler, level, lwip: source.reason ?? "measured", boards: results.map(resultData) };
    process.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${compiler}, ${level}\n`);
  if (source.reason !== null) process.stdout.write(`MISSING lwip: ${source.reason}\n`);
  for (const result of results) process.stdout.write(resultText(result));
}

async function lwipSource(progress: ProgressLine): Promise<{ path: string | null; reason: string | null }> {
  try {
    progress.show("fetching the source of lwIP");
    return { path: await fetchSource("lwip", cacheFolder("lwip")), reason: null };
  } catch (error) {
    return { path: null, reason: (error as Error).message };
  }
}

async function measureBoard(
  name: string,
  level: string,
  lwip: string | null,
  progress: ProgressLine,
): Promise<BoardResult> {
  const { board, profile } = await readBoard(name);
  progress.show(`${name}: building`);
  const programs: [string, Program][] = [["thimble", await buildThimble(name, level)]];
  if (lwip !== null) {
    // Of its own checksums, the one for 32-bit processors, and the one that it takes unless told otherwise.
    programs.push(["lwip", await buildLwip(name, lwip, level, 3)]);
    programs.push(["lwip with its default checksum", await buildLwip(name, lwip, level, 2)]);
    programs.push(["lwip with a port's checksum", await buildLwip(name, lwip, level, 0)]);
  }
  const contenders: Contender[] = [];
  for (const [contender, program] of programs) {
    const figures = {} as Record<Direction, Figure>;
    for (const direction of DIRECTIONS) {
      progress.show(`${name}: ${contender}, segments ${direction}`);
      figures[direction] = await figureOf(program, direction);
    }
    contenders.push({ name: contender, figures });
  }
  return { board: name, title: board.title, mac: MAC_NAMES[profile.MAC] ?? "", contenders };
}

async function figureOf(program: Program, direction: Direction): Promise<Figure> {
  const { instructions, segmentsPerAck, profile } = await measureProgram(program, direction);
  return { instructions, segmentsPerAck, shares: profile.size > 0 ? await sharesOf(program.elf, profile) : null };
}
