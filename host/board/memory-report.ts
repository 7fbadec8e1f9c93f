// What a firmware takes of its board's flash and RAM, to the byte.

import type { Region } from "../../boards/board.ts";
import { type Column, tableText } from "../inspect/table.ts";
import type { NamedBoard } from "./boards.ts";
import type { Section } from "./elf.ts";

/** What firmware.ld's sections hold, for people. */
const CONTENTS: Record<string, string> = {
  ".vectors": "vector table",
  ".module": "the module, as machine code",
  ".library": "C library",
  ".firmware": "runtime, port and application",
  ".exceptions": "unwind tables",
  ".stack": "C stack",
  ".linear": "linear memory",
  ".data": "initialised variables",
  ".bss": "variables",
  ".noinit": "noise of power-on",
};

/** A line of the report. */
export interface MemoryLine {
  contents: string;
  address: number;
  bytes: number;
}

export interface MemoryUse {
  lines: MemoryLine[];
  used: number;
  total: number;
}

export interface FirmwareMemory {
  flash: MemoryUse;
  ram: MemoryUse;
}

/** Sorts a firmware's sections into flash and RAM. Initialised variables are in both. */
export function measureFirmware({ board }: NamedBoard, sections: readonly Section[]): FirmwareMemory {
  const inFlash = sections.filter((section) => lies(section, board.flash));
  const inRam = sections.filter((section) => lies(section, board.ram));
  const images = inRam.filter(({ stored }) => stored);
  const end = Math.max(...inFlash.map(({ address, bytes }) => address + bytes));
  const flash = [...inFlash, ...images.map((section) => ({ ...section, address: end }))];
  return { flash: use(flash, board.flash.bytes), ram: use(inRam, board.ram.bytes) };
}

function lies({ address }: Section, { origin, bytes }: Region): boolean {
  return address >= origin && address < origin + bytes;
}

function use(sections: readonly Section[], total: number): MemoryUse {
  const lines = sections.map(({ name, address, bytes }) => ({ contents: CONTENTS[name] ?? name, address, bytes }));
  lines.sort((a, b) => a.address - b.address);
  const first = lines[0]?.address ?? 0;
  // From the first byte to the last: what alignment leaves between sections is used as well.
  const used = lines.reduce((most, { address, bytes }) => Math.max(most, address + bytes), first) - first;
  return { lines, used, total };
}

/** The report as text. */
export function memoryReport({ flash, ram }: FirmwareMemory): string {
  return `Flash\n${useText(flash)}\nRAM\n${useText(ram)}`;
}

function useText({ lines, used, total }: MemoryUse): string {
  const columns: Column[] = [{ title: "what" }, { title: "at", align: "right" }, { title: "bytes", align: "right" }];
  const rows = lines.map(({ contents, address, bytes }) => [contents, hex(address), grouped(bytes)]);
  const named = lines.reduce((sum, { bytes }) => sum + bytes, 0);
  rows.push(["gaps of alignment", "", grouped(used - named)]);
  rows.push(["used", "", grouped(used)], ["free", "", grouped(total - used)]);
  return tableText(columns, rows, "  ");
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}
