// The memory map of a machine: what lies where in its linear memory, asked of the wasm itself.

import type { Core } from "../core/core.ts";
import { type Column, tableText } from "../inspect/table.ts";
import { type RegionStatus, regionStatuses } from "../status.ts";

export interface MemoryMap {
  /** In the order of addresses. */
  readonly regions: readonly RegionStatus[];
  /** Bytes from address 0 to the end of static data, and those of linear memory. */
  readonly used: number;
  readonly total: number;
  /** What a connection takes: bytes that it has to itself, and those of as many packets as it may hold at most. */
  readonly connection: { readonly own: number; readonly packets: number };
  /** Bytes of the module's code by layer, largest first, as the build has counted them. */
  readonly code: Readonly<Record<string, number>>;
}

/** Reads the map of a machine; throws an Error when the module does not say how large it is. */
export function memoryMap(core: Core): MemoryMap {
  const { __heap_base: used, LINEAR_BYTES: total } = core.constants;
  if (used === undefined || total === undefined) {
    throw new Error("This wasm module exports no __heap_base or no LINEAR_BYTES; build it again: npm run build");
  }
  const regions = regionStatuses(core).sort((a, b) => a.base - b.base || a.bytes - b.bytes);
  return { regions, used, total, connection: connectionBytes(core, regions), code: core.layers };
}

function connectionBytes(core: Core, regions: readonly RegionStatus[]): MemoryMap["connection"] {
  const size = (wanted: string): number => regions.find(({ name }) => name === wanted)?.size ?? 0;
  const { RX_PACKETS_PER_TCB: received = 0, TX_PACKETS_PER_TCB: sent = 0 } = core.constants;
  return {
    own: size("TCBS") + size("TIMERS") + size("EVENTS"),
    packets: (received + sent) * (size("PACKETS") + size("BUFFERS")),
  };
}

/** The map as lines of text; with `live`, also how full the pools are and have been. */
export function memoryMapText(map: MemoryMap, live = false): string {
  const titles = ["at", "count", "size", "bytes", ...(live ? ["used", "most", "refused"] : [])];
  const columns: Column[] = [{ title: "region" }, ...titles.map((title) => ({ title, align: "right" as const }))];
  const rows = map.regions.map((region) => {
    const name = region.name.toLowerCase().replaceAll("_", " ");
    const figures = [region.count, region.size, region.bytes];
    if (live) figures.push(region.used, region.high, region.refused);
    return [name, address(region.base), ...figures.map(grouped)];
  });
  const named = map.regions.reduce((sum, region) => sum + region.bytes, 0);
  const blank = live ? ["", "", ""] : [];
  rows.push(["other tables and gaps", "", "", "", grouped(map.used - named), ...blank]);
  rows.push(["used", "", "", "", grouped(map.used), ...blank]);
  rows.push(["free", address(map.used), "", "", grouped(map.total - map.used), ...blank]);
  const { own, packets } = map.connection;
  const sentence = `A connection takes ${grouped(own)} bytes, and with full buffers ${grouped(own + packets)}.`;
  return `${tableText(columns, rows, "  ")}${sentence}\n${codeText(map.code)}`;
}

function codeText(code: MemoryMap["code"]): string {
  const layers = Object.entries(code);
  if (layers.length === 0) return "";
  const rows = layers.map(([layer, bytes]) => [layer, grouped(bytes)]);
  rows.push(["in all", grouped(layers.reduce((sum, [, bytes]) => sum + bytes, 0))]);
  return `\nCode\n${tableText([{ title: "layer" }, { title: "bytes of wasm", align: "right" }], rows, "  ")}`;
}

function address(value: number): string {
  return `0x${value.toString(16).padStart(6, "0")}`;
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}
