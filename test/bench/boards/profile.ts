// Where a program's instructions go: from how often each was executed, the program's debug information, and its listing.

import { writeFileSync } from "node:fs";
import { runProgram } from "../peers/cache.ts";

/** Parts of a stack's work, in the order of the table. */
export const PARTS = [
  "MAC",
  "checksum",
  "copy",
  "Ethernet",
  "IP",
  "TCP",
  "sockets, turns",
  "pools, timers",
  "application",
  "runtime",
  "bounds checks",
] as const;
export type Part = (typeof PARTS)[number];
export type Shares = Readonly<Record<Part, number>>;

/** A function, and the file that it is in, at the place of an instruction. */
interface Frame {
  readonly name: string;
  readonly file: string;
}

/** Below assembly/, the module's functions; the first that fits counts. */
const MODULE_PARTS: readonly (readonly [RegExp, Part])[] = [
  [/^base\/checksum/, "checksum"],
  [/^base\//, "pools, timers"],
  [/^device\/packet/, "pools, timers"],
  [/^device\//, "MAC"],
  [/^ethernet\//, "Ethernet"],
  [/^ip\//, "IP"],
  [/^transport\//, "TCP"],
];
const LWIP_PARTS: readonly (readonly [RegExp, Part])[] = [
  [/^(inet_chksum|checksum)\.c/, "checksum"],
  [/^(stellaris|lan9118|smartfusion)\.c|^fifo\.h/, "MAC"],
  [/^(ethernet|etharp)\.c/, "Ethernet"],
  [/^ip4?(_addr)?\.c/, "IP"],
  [/^tcp/, "TCP"],
  [/^(pbuf|memp?|timeouts)\.c/, "pools, timers"],
  [/^(ip|netif|def|sys)/, "IP"],
];
/** What waits for the next turn, and what measures: not the stack's. */
const NOT_COUNTED = /^(port|meter|uart)\.c/;

/** Instructions of each part. */
export async function sharesOf(elf: string, profile: ReadonlyMap<number, number>): Promise<Shares> {
  const shares = Object.fromEntries(PARTS.map((part) => [part, 0])) as Record<Part, number>;
  const frames = await framesOf(elf, [...profile.keys()]);
  const accesses = await memoryAccesses(elf);
  for (const [address, count] of profile) {
    const part = partOf(frames.get(address) ?? [], accesses.has(address));
    if (part !== null) shares[part] += count;
  }
  return shares;
}

/** `frames`: innermost first. `isAccess`: the instruction itself loads or stores. Null: not the stack's. */
export function partOf(frames: readonly Frame[], isAccess: boolean): Part | null {
  const [inner] = frames;
  if (inner === undefined) return "runtime";
  // An access is its function's, and what is beside it in line is its check.
  if (/_at$/.test(inner.name) && !isAccess) return "bounds checks";
  if (/^bus_/.test(inner.name)) return "MAC";
  if (/^mem(cpy|move|set)$/.test(inner.name)) return "copy";
  const module = frames
    .map(({ name }) => /^w2c_thimble_assembly\/(.*)/.exec(name)?.[1])
    .find((path) => path !== undefined);
  if (module !== undefined) return MODULE_PARTS.find(([pattern]) => pattern.test(module))?.[1] ?? "sockets, turns";
  if (/^memory_(copy|fill)$/.test(inner.name)) return "copy";
  const { file, name } = frames[frames.length - 1];
  if (NOT_COUNTED.test(file) || name === "systick_interrupt" || name === "mac_interrupt") return null;
  if (file.endsWith("-side.c")) return name === "bench_turn" ? "runtime" : "application";
  if (file === "thimble.c") return "sockets, turns";
  return LWIP_PARTS.find(([pattern]) => pattern.test(file))?.[1] ?? "runtime";
}

async function framesOf(elf: string, addresses: readonly number[]): Promise<Map<number, Frame[]>> {
  const list = `${elf}.addresses`;
  writeFileSync(list, addresses.map((address) => `0x${address.toString(16)}\n`).join(""));
  const text = await runProgram("arm-none-eabi-addr2line", ["-e", elf, "-f", "-i", "-a", `@${list}`]);
  const frames = new Map<number, Frame[]>();
  for (const block of text.split(/^(?=0x[0-9a-f]+$)/m)) {
    const [address, ...lines] = block.trim().split("\n");
    const pairs = Array.from({ length: lines.length >> 1 }, (_, i) => [lines[2 * i], lines[2 * i + 1]]);
    frames.set(
      Number.parseInt(address, 16),
      pairs.map(([name, place]) => ({ name: plainName(name), file: fileName(place) })),
    );
  }
  return frames;
}

/** As the source has it: wasm2c writes other characters than letters and digits as 0x2F, gcc appends what it has done. */
function plainName(name: string): string {
  return name
    .replace(/\.(isra|constprop|part|cold).*$/, "")
    .replace(/0x([0-9A-F]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}

function fileName(place: string): string {
  return place.replace(/:[\d?]+.*$/, "").replace(/^.*\//, "");
}

/** Addresses of the instructions that load and store. */
async function memoryAccesses(elf: string): Promise<Set<number>> {
  const listing = await runProgram("arm-none-eabi-objdump", ["-d", "--no-show-raw-insn", elf]);
  return new Set(
    [...listing.matchAll(/^ *([0-9a-f]+):\t(?:ldr|str|ldm|stm)/gm)].map(([, address]) => Number.parseInt(address, 16)),
  );
}
