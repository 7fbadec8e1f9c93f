// What the firmware's C is told of the board, of the module and of its contract: three files made from the sources that
// say so already, so that nothing is said twice.

import { Errno } from "../../assembly/abi/errno.ts";
import { MacKind } from "../../assembly/abi/mac.ts";
import { Region, RegionWord } from "../../assembly/abi/regions.ts";
import { Event, Result, SocketKind } from "../../assembly/abi/sockets.ts";
import type { NamedBoard } from "./boards.ts";

/** What the firmware has besides the board: the stack's own addresses, and which module it is. */
export interface Identity {
  /** The station's six bytes. */
  station: Uint8Array;
  /** IPv4 address and prefix length. */
  address: Uint8Array;
  prefix: number;
  /** SHA-256 of the wasm, in hexadecimal. */
  sha256: string;
  /** Bytes of its code by layer. */
  layers: Readonly<Record<string, number>>;
}

const NOTE = "/* Made by npm run board; do not edit. */";
/** What start.c paints the C stack with, to see how far it was used. */
const STACK_PAINT = 0x7e57_ab1e;

/** Numbers of the contract that the firmware uses, beside errors and kinds of socket. */
const WORDS: readonly (readonly [string, number])[] = [
  ["EVENT_ERROR", Event.ERROR],
  ["RESULT_POINTER", Result.POINTER],
  ["RESULT_PORT", Result.PORT],
  ["RESULT_MASK", Result.MASK],
  ["RESULT_ADDRESS", Result.ADDRESS],
  ["REGION_PACKETS", Region.PACKETS],
  ["REGION_BUFFERS", Region.BUFFERS],
  ["REGION_TCBS", Region.TCBS],
  ["REGION_TIMERS", Region.TIMERS],
  ["REGION_EVENTS", Region.EVENTS],
  ["REGION_COUNT", Region.COUNT],
  ["REGION_WORD_BASE", RegionWord.BASE],
  ["REGION_WORD_COUNT", RegionWord.COUNT],
  ["REGION_WORD_SIZE", RegionWord.SIZE],
  ["REGION_WORD_USED", RegionWord.USED],
  ["REGION_WORD_HIGH", RegionWord.HIGH],
  ["REGION_WORD_REFUSED", RegionWord.REFUSED],
];

/** board.h */
export function boardHeader({ name, board, profile }: NamedBoard, identity: Identity): string {
  const [a, b, c, d, e, f] = identity.station;
  const definitions: [string, string][] = [
    ["BOARD_NAME", `"${name}"`],
    ["WASM_SHA256", `"${identity.sha256}"`],
    ["CLOCK_HZ", `${board.clock}u`],
    ["RAM_ORIGIN", hex(board.ram.origin)],
    ["RAM_BYTES", `${board.ram.bytes}u`],
    ["MAC_BASE", hex(board.mac.origin)],
    ["MAC_BYTES", `${board.mac.bytes}u`],
    ["MAC_READS_MEMORY", profile.MAC === MacKind.SMARTFUSION ? "1" : "0"],
    ["MAC_IRQ", `${board.mac.interrupt}`],
    [`UART_${board.uart.kind.toUpperCase()}`, "1"],
    ["UART_BASE", hex(board.uart.origin)],
    ["LINEAR_BYTES", `${profile.LINEAR_BYTES}u`],
    ["TCBS", `${profile.TCBS}u`],
    ["STACK_BYTES", `${board.stack}u`],
    ["STACK_PAINT", hex(STACK_PAINT)],
    ["STATION_HIGH", hex((a << 8) | b)],
    ["STATION_LOW", hex(((c << 24) | (d << 16) | (e << 8) | f) >>> 0)],
    ["STACK_ADDRESS", [...identity.address].join(", ")],
    ["STACK_PREFIX", `${identity.prefix}u`],
  ];
  const layers = Object.entries(identity.layers).map(([layer, bytes]) => `X("${layer}", ${bytes}u)`);
  definitions.push(["CODE_LAYERS(X)", layers.join(" ")]);
  const lines = definitions.map(([key, value]) => `#define ${key} ${value}`);
  return `${NOTE}\n#ifndef BOARD_H\n#define BOARD_H\n\n${lines.join("\n")}\n\n#endif\n`;
}

/** abi.h: numbers and names of assembly/abi that the firmware uses. */
export function abiHeader(): string {
  const enums = [
    ...enumLines("ERRNO", Errno),
    ...enumLines("SOCKET", SocketKind),
    ...WORDS.map(([name, value]) => `#define ${name} ${value}`),
  ];
  const names = Array.from({ length: Region.COUNT }, (_, region) => `    "${Region[region]}",`);
  const table = `__attribute__((unused)) static const char *const region_names[] = {\n${names.join("\n")}\n};`;
  return `${NOTE}\n#ifndef ABI_H\n#define ABI_H\n\n${enums.join("\n")}\n\n${table}\n\n#endif\n`;
}

function enumLines(prefix: string, values: Record<string, string | number>): string[] {
  return Object.entries(values)
    .filter(([, value]) => typeof value === "number")
    .map(([key, value]) => `#define ${prefix}_${key} ${value}`);
}

/** memory.ld, which firmware.ld includes. */
export function memoryScript({ board }: NamedBoard): string {
  return `${NOTE}
MEMORY
{
  FLASH (rx) : ORIGIN = ${board.flash.origin}, LENGTH = ${board.flash.bytes}
  RAM (rw) : ORIGIN = ${board.ram.origin}, LENGTH = ${board.ram.bytes}
}
STACK_BYTES = ${board.stack};
`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}u`;
}
