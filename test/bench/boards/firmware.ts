// The programs that are measured on a board: Thimble as the board's firmware has it, and lwIP with a driver of ours for
// the same MAC, both with the runtime of boards/runtime beneath them.

import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { NamedBoard } from "../../../host/board/boards.ts";
import { readBoard } from "../../../host/board/boards.ts";
import {
  type BoardFirmware,
  buildBoard,
  compileModule,
  processorFlags,
  runtimeSource,
} from "../../../host/board/build.ts";
import { boardFolder, profileOptions, ROOT, runAsc } from "../../../host/build/firmware.mjs";
import { codeSection } from "../../../host/build/wasm-code.ts";
import { cacheFolder, fingerprint, runProgram } from "../peers/cache.ts";

const HERE = join(ROOT, "test/bench/boards");
/** lwIP's words for this compiler, which it has on every machine. */
const PORT = join(ROOT, "test/bench/peers/lwip");
export const GCC = "arm-none-eabi-gcc";
/** Segments that go through while it is counted. */
export const SEGMENTS = 512;
/** Drivers for lwIP by the numbers of assembly/abi/mac.ts. */
const DRIVERS: Record<number, string> = { 2: "stellaris", 3: "lan9118", 4: "smartfusion" };
export const MAC_NAMES: Record<number, string> = {
  2: "FIFO of the Stellaris part",
  3: "FIFO of a LAN9118",
  4: "descriptor ring of the SmartFusion2 part",
};
/** The parts of the firmware that both programs have. */
const SHARED = ["start.c", "port.c", "uart.c"];

export interface Program {
  readonly named: NamedBoard;
  readonly elf: string;
}

/** Thimble on a board, compiled with `level`, as "-Os". Its functions have names; its code is that of the firmware. */
export async function buildThimble(name: string, level: string): Promise<Program> {
  const folder = join(boardFolder(name), `bench${level}`);
  mkdirSync(folder, { recursive: true });
  const wasm = await compileWithNames(name, folder);
  const sources = [...SHARED, "sandbox.c", "stack.c"].map(runtimeSource);
  const firmware: BoardFirmware = await buildBoard(name, {
    folder,
    wasm,
    program: { name: "bench", sources: [...sources, ...own("meter.c", "thimble-side.c")] },
    flags: [level, "-g", `-DBENCH_SEGMENTS=${SEGMENTS}u`, `-I${join(HERE, "firmware")}`],
  });
  return { named: firmware, elf: firmware.elf };
}

function own(...files: string[]): string[] {
  return files.map((file) => join(HERE, "firmware", file));
}

async function compileWithNames(name: string, folder: string): Promise<string> {
  const shipped = await compileModule(name);
  const wasm = join(folder, "named.wasm");
  const { profile } = await readBoard(name);
  const options = profileOptions(name, profile as { LINEAR_BYTES: number; SHRINK: number });
  await runAsc(["--target", "release", "--debug", "--outFile", relative(ROOT, wasm), ...options], ROOT);
  const [code, shippedCode] = [wasm, shipped].map((file) => codeSection(new Uint8Array(readFileSync(file))));
  if (Buffer.compare(code, shippedCode) !== 0)
    throw new Error("The module with names has other code than the firmware's.");
  return wasm;
}

/** lwIP on a board, from Debian's source in `source`, with one of its own three checksums, or, with 0, with ours. */
export async function buildLwip(name: string, source: string, level: string, algorithm: number): Promise<Program> {
  const named = await readBoard(name);
  const { profile } = named;
  // What describes the board to C is Thimble's.
  const described = join(boardFolder(name), `bench${level}`);
  const flags = [
    ...processorFlags(named),
    ...["-std=gnu11", level, "-g", "-DNDEBUG", "-ffunction-sections", "-fdata-sections"],
    ...[`-DBENCH_SEGMENTS=${SEGMENTS}u`, `-DBENCH_CHECKSUM=${algorithm}`],
    ...[`-DBENCH_RX_WINDOW=${profile.RX_PACKETS_PER_TCB}`, `-DBENCH_TX_BUFFER=${profile.TX_PACKETS_PER_TCB}`],
    ...[
      described,
      join(ROOT, "boards/runtime"),
      join(HERE, "firmware"),
      join(HERE, "lwip"),
      PORT,
      join(source, "src/include"),
    ].map((folder) => `-I${folder}`),
  ];
  const files = [
    ...SHARED.map(runtimeSource),
    ...own("meter.c", "lwip-side.c"),
    join(HERE, "lwip", `${DRIVERS[profile.MAC]}.c`),
    join(HERE, "lwip", "checksum.c"),
    ...lwipSources(source),
  ];
  const id = fingerprint(
    [join(HERE, "firmware"), join(HERE, "lwip"), PORT, join(ROOT, "boards"), join(source, "debian/changelog")],
    [name, ...flags],
  );
  const elf = join(cacheFolder("lwip", "boards"), `${name}-${id}.elf`);
  const script = [`-L${described}`, `-T${join(ROOT, "boards/runtime/firmware.ld")}`, "-nostartfiles"];
  await runProgram(GCC, [...flags, ...script, "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments", ...files, "-o", elf]);
  return { named, elf };
}

function lwipSources(source: string): string[] {
  const folders = ["core", "core/ipv4"].map((folder) => join(source, "src", folder));
  const files = folders.flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)));
  return [...files.filter((file) => file.endsWith(".c")), join(source, "src/netif/ethernet.c")];
}
