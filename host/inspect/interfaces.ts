// Adapters as people know them from `ip link`, `ifconfig` and `netstat -i`: by name, with what their MACs have counted.
// Pure: rows in, text out.

import type { MacCounters } from "../mac/ring-mac.ts";
import type { AdapterStatus, AddressStatus } from "../tables.ts";
import { tableText } from "./table.ts";

/** An adapter with its name, such as "eth0", "eth0.7" or "lo". */
export interface InterfaceStatus extends AdapterStatus {
  name: string;
  /** What it is plugged into; null for a loopback. */
  wire: string | null;
  /** Frames and errors; null where there is no hardware of its own that counts. */
  counters: MacCounters | null;
}

/** Names by adapter index: MACs are eth0, eth1 …, virtual LANs eth0.7, the loopback lo. */
export function adapterNames(adapters: readonly AdapterStatus[]): Map<number, string> {
  const macs = adapters.filter(({ kind }) => kind === "mac");
  const macName = (index: number | null): string => `eth${macs.findIndex((mac) => mac.index === index)}`;
  const nameOf = ({ kind, index, parent, vlan }: AdapterStatus): string => {
    if (kind === "loopback") return "lo";
    return kind === "vlan" ? `${macName(parent)}.${vlan}` : macName(index);
  };
  return new Map(adapters.map((adapter) => [adapter.index, nameOf(adapter)]));
}

/** What an adapter is and does, in ifconfig's words. */
export function interfaceFlags({ kind, up }: AdapterStatus): string[] {
  return [
    ...(up ? ["UP"] : []),
    kind === "loopback" ? "LOOPBACK" : "BROADCAST",
    ...(up ? ["RUNNING"] : []),
    "MULTICAST",
  ];
}

/** Frames received that came to nothing, by netstat's columns. */
function receiveErrors({ rxFcsErrors, rxLengthErrors, rxOverflows }: MacCounters): [errors: number, overruns: number] {
  return [rxFcsErrors + rxLengthErrors, rxOverflows];
}

/** The table of `netstat -i`. */
export function interfaceTableText(rows: readonly InterfaceStatus[]): string {
  const right = "right" as const;
  const numbers = ["MTU", "RX-OK", "RX-ERR", "RX-OVR", "TX-OK", "TX-ERR"].map((title) => ({
    title,
    align: right,
    min: 6,
  }));
  const columns = [{ title: "Iface", min: 8 }, ...numbers, { title: "Flg", min: 4 }, { title: "Wire" }];
  const cells = rows.map((row) => {
    const flags = interfaceFlags(row).map((flag) => flag[0]);
    return [row.name, String(row.mtu), ...countCells(row.counters), flags.join(""), row.wire ?? ""];
  });
  return `Interface table\n${tableText(columns, cells)}`;
}

function countCells(counters: MacCounters | null): string[] {
  if (!counters) return ["-", "-", "-", "-", "-"];
  const { rxFrames, txFrames, txCarrierErrors } = counters;
  return [rxFrames, ...receiveErrors(counters), txFrames, txCarrierErrors].map(String);
}

/** What `ifconfig` prints. */
export function ifconfigText(rows: readonly InterfaceStatus[], addresses: readonly AddressStatus[]): string {
  return rows.map((row) => `${ifconfigLines(row, addresses).join("\n")}\n`).join("\n");
}

function ifconfigLines(row: InterfaceStatus, addresses: readonly AddressStatus[]): string[] {
  const indent = " ".repeat(8);
  const own = addresses.filter(({ adapter }) => adapter === row.index).map(ifconfigAddress);
  const hardware = row.kind === "loopback" ? "loop  (Local Loopback)" : `ether ${row.mac}`;
  const wire = row.wire === null ? [] : [`wire ${row.wire}`];
  const details = [...own, hardware, ...wire, ...ifconfigCounters(row.counters)];
  return [`${row.name}: <${interfaceFlags(row).join(",")}>  mtu ${row.mtu}`, ...details.map((line) => indent + line)];
}

function ifconfigAddress({ address, prefixLength, state }: AddressStatus): string {
  const how = state === "PREFERRED" ? "" : `  ${state.toLowerCase()}`;
  if (address.includes(":")) return `inet6 ${address}  prefixlen ${prefixLength}${how}`;
  return `inet ${address}  netmask ${netmask(prefixLength)}${how}`;
}

function netmask(bits: number): string {
  return [0, 8, 16, 24].map((at) => 256 - 2 ** (8 - Math.min(8, Math.max(0, bits - at)))).join(".");
}

function ifconfigCounters(counters: MacCounters | null): string[] {
  if (!counters) return [];
  const [errors, overruns] = receiveErrors(counters);
  return [
    `RX packets ${counters.rxFrames}  errors ${errors}  overruns ${overruns}  filtered ${counters.rxFiltered}`,
    `TX packets ${counters.txFrames}  errors ${counters.txCarrierErrors}`,
  ];
}
