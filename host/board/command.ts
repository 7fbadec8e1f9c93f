// `npm run board [NAME] [-- OPTIONS]`: a board's firmware, what it takes of the board's memory, and the board in QEMU.

import { once } from "node:events";
import { rmSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { boardFolder, boardNames, ROOT } from "../build/firmware.mjs";
import { InputError } from "../errors.ts";
import { realClock } from "../stack.ts";
import { bridgeWires } from "../wire/bridge.ts";
import { openWire } from "../wire/kinds.ts";
import { openStream } from "../wire/stream.ts";
import { readBoard } from "./boards.ts";
import { type BoardFirmware, buildBoard } from "./build.ts";
import { memoryReport } from "./memory-report.ts";
import { startQemu } from "./qemu.ts";

const USAGE = `Usage: npm run board [NAME] [-- [--address A.B.C.D/N] [--wasm FILE] [--qemu [--wire KIND]]]

Builds the firmware of a board: the module of its profile, as machine code, with a runtime, a console,
an echo on port 7 and a page on port 80. Prints what it takes of flash and RAM.

  --address ADDRESS  the stack's address (default: 10.0.0.2/24)
  --qemu             runs it in QEMU, its console in this terminal; Ctrl-C ends it
  --wire KIND        what its adapter is plugged into: tap:NAME, dgram:PORT/PORT, ..., also with
                     impairments; without it, a socket that a command of ours can join
  --wasm FILE        another module than the board's own, as npm run application makes them
  --help             print this

Without a name it lists the boards.

Examples:
  npm run board lm3s6965evb
  npm run board lm3s6965evb -- --qemu --wire tap:tap0
  npm run board lm3s6965evb -- --qemu         and, in another terminal, what it prints
`;

class UsageError extends Error {}

/** Codes of what is wrong with the words of the command line, not with the machine. */
const USAGE_CODES = ["ERR_BOARD", "ERR_ADDRESS"];

function readArguments(args: string[]) {
  const options = {
    address: { type: "string" },
    wasm: { type: "string" },
    wire: { type: "string" },
    qemu: { type: "boolean" },
    help: { type: "boolean" },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (positionals.length > 1) throw new Error("Name one board.");
    if (values.wire !== undefined && !values.qemu) throw new Error("--wire is of use with --qemu alone.");
    return { ...values, name: positionals[0] };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function main(args: string[]): Promise<void> {
  const { name, address, wasm, wire, qemu, help } = readArguments(args);
  if (help) process.stdout.write(USAGE);
  else if (name === undefined) await listBoards();
  else {
    await readBoard(name); // a name that is none is told before anything is built
    process.stderr.write(`building ${name} ...\n`);
    const firmware = await buildBoard(name, { ...(address && { address }), ...(wasm && { wasm }) });
    process.stdout.write(reportText(firmware));
    if (qemu) await runInQemu(firmware, wire);
  }
}

async function listBoards(): Promise<void> {
  for (const name of boardNames() as string[]) {
    const { board } = await readBoard(name);
    process.stdout.write(`${name.padEnd(16)}${board.title}\n`);
  }
}

function reportText({ name, elf, sha256, memory }: BoardFirmware): string {
  return `${relative(ROOT, elf)}, wasm ${sha256}\n\nMemory of ${name}\n${memoryReport(memory)}`;
}

async function runInQemu(firmware: BoardFirmware, wireText: string | undefined): Promise<void> {
  const socket = join(boardFolder(firmware.name), "wire.socket");
  rmSync(socket, { force: true });
  const takeApart = wireText === undefined ? null : await plugInto(wireText, socket);
  if (takeApart === null) process.stderr.write(joinText(relative(ROOT, socket)));
  const board = await startQemu(firmware, { socket, terminal: true, makesSocket: takeApart === null });
  // The board's console hears Ctrl-C as well, and QEMU ends by it; this program ends after QEMU.
  process.on("SIGINT", () => {});
  await once(board.process, "exit");
  takeApart?.();
  rmSync(socket, { force: true });
}

async function plugInto(wireText: string, socket: string): Promise<() => void> {
  const { wire } = await openWire(wireText, { clock: realClock() });
  return bridgeWires(wire, await openStream(socket));
}

function joinText(socket: string): string {
  return `\nIn another terminal:
  npm run thimble -- ping 10.0.0.2 --wire stream:${socket} --address 10.0.0.1/24
  npm run thimble -- get http://10.0.0.2/ --wire stream:${socket} --address 10.0.0.1/24\n`;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof InputError) && !(error instanceof UsageError)) throw error;
  process.stderr.write(`board: ${error.message}\n`);
  process.exitCode = error instanceof UsageError || USAGE_CODES.includes(error.code) ? 2 : 1;
}
