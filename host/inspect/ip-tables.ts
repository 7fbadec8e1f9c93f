// What `ip addr`, `ip link`, `ip route`, `ip neigh` and `ip maddr` print, in iproute2's form. Pure: rows in, text out.

import type { AddressStatus, GroupStatus, NeighborStatus, RouteStatus } from "../tables.ts";
import type { InterfaceStatus } from "./interfaces.ts";
import { tableText } from "./table.ts";

/** How an adapter is called, by its index. */
export type NameOf = (adapter: number) => string;

const PROTOCOLS = { MANUAL: "static", ROUTER: "ra", REDIRECT: "redirect", LEASE: "dhcp" } as const;

export function ipLinkText(rows: readonly InterfaceStatus[], statistics = false): string {
  return rows.map((row) => linesText([...linkLines(row), ...(statistics ? counterLines(row) : [])])).join("");
}

export function ipAddressText(
  rows: readonly InterfaceStatus[],
  addresses: readonly AddressStatus[],
  statistics = false,
): string {
  const text = (row: InterfaceStatus): string[] => {
    const own = addresses.filter(({ adapter }) => adapter === row.index);
    return [...linkLines(row), ...own.flatMap((address) => addressLines(address, row.name))];
  };
  return rows.map((row) => linesText([...text(row), ...(statistics ? counterLines(row) : [])])).join("");
}

/** One line for each adapter: `ip -br link`, and with addresses `ip -br addr`. */
export function ipBriefText(rows: readonly InterfaceStatus[], addresses: readonly AddressStatus[] | null): string {
  return rows
    .map((row) => {
      const own = addresses?.filter(({ adapter }) => adapter === row.index) ?? [];
      const texts = own.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
      const details = addresses ? texts : [row.mac, `<${linkFlags(row).join(",")}>`];
      return `${row.name.padEnd(12)} ${stateText(row).padEnd(8)} ${details.join(" ")}`.trimEnd().concat("\n");
    })
    .join("");
}

export function ipRouteText(rows: readonly RouteStatus[], nameOf: NameOf): string {
  return rows
    .map(({ destination, gateway, adapter, origin, metric, seconds }) => {
      const words = [/\/0$/.test(destination) ? "default" : destination];
      if (gateway !== null) words.push("via", gateway);
      words.push("dev", nameOf(adapter), "proto", PROTOCOLS[origin]);
      if (gateway === null) words.push("scope", "link");
      if (metric > 0) words.push("metric", String(metric));
      if (seconds !== null) words.push("expires", `${seconds}sec`);
      return `${words.join(" ")}\n`;
    })
    .join("");
}

export function ipNeighborText(rows: readonly NeighborStatus[], nameOf: NameOf): string {
  return rows
    .map(({ address, mac, state, adapter }) => {
      const where = state === "INCOMPLETE" ? "" : ` lladdr ${mac}`;
      return `${address} dev ${nameOf(adapter)}${where} ${state}\n`;
    })
    .join("");
}

export function ipGroupText(rows: readonly GroupStatus[], links: readonly InterfaceStatus[]): string {
  const groupLine = ({ group, source, users }: GroupStatus): string => {
    const family = group.includes(":") ? "inet6" : "inet ";
    return `\t${family} ${group}${source ? ` source ${source}` : ""}${users > 1 ? ` users ${users}` : ""}`;
  };
  return links
    .map(({ index, name }) => {
      const own = rows.filter(({ adapter }) => adapter === index);
      return linesText([`${index}:\t${name}`, ...own.map(groupLine)]);
    })
    .join("");
}

/** What `arp` prints: neighbors over IPv4. */
export function arpText(rows: readonly NeighborStatus[], nameOf: NameOf): string {
  const columns = [
    { title: "Address", min: 24 },
    { title: "HWtype" },
    { title: "HWaddress", min: 19 },
    { title: "State", min: 10 },
    { title: "Iface" },
  ];
  const cells = rows.map(({ address, mac, state, adapter }) => {
    const isKnown = state !== "INCOMPLETE";
    return [address, isKnown ? "ether" : "", isKnown ? mac : "(incomplete)", state.toLowerCase(), nameOf(adapter)];
  });
  return tableText(columns, cells);
}

/** What `arp -a` prints, as BSD does. */
export function arpLinesText(rows: readonly NeighborStatus[], nameOf: NameOf): string {
  return rows
    .map(({ address, mac, state, adapter }) => {
      const where = state === "INCOMPLETE" ? "<incomplete>" : `${mac} [ether]`;
      return `? (${address}) at ${where} on ${nameOf(adapter)}\n`;
    })
    .join("");
}

function linkLines(row: InterfaceStatus): string[] {
  const kind = row.kind === "loopback" ? "loopback 00:00:00:00:00:00" : `ether ${row.mac} brd ff:ff:ff:ff:ff:ff`;
  const wire = row.wire === null ? "" : ` wire ${row.wire}`;
  const vlan = row.vlan === null ? "" : ` vlan ${row.vlan}`;
  const head = `${row.index}: ${row.name}: <${linkFlags(row).join(",")}> mtu ${row.mtu} state ${stateText(row)}`;
  return [head, `    link/${kind}${vlan}${wire}`];
}

function linkFlags({ kind, up }: InterfaceStatus): string[] {
  const reach = kind === "loopback" ? ["LOOPBACK"] : ["BROADCAST", "MULTICAST"];
  return [...reach, "UP", ...(up ? ["LOWER_UP"] : ["NO-CARRIER"])];
}

function stateText({ up, kind }: InterfaceStatus): string {
  if (kind === "loopback") return "UNKNOWN";
  return up ? "UP" : "DOWN";
}

function addressLines(
  { address, prefixLength, state, origin, preferredSeconds, validSeconds }: AddressStatus,
  name: string,
) {
  const isV6 = address.includes(":");
  const words = [`    ${isV6 ? "inet6" : "inet"} ${address}/${prefixLength} scope ${scopeOf(address)}`];
  if (origin === "TEMPORARY") words.push("temporary");
  if (origin === "STABLE") words.push("dynamic", "stable-privacy");
  if (state === "TENTATIVE") words.push("tentative");
  if (state === "DEPRECATED") words.push("deprecated");
  if (state === "DUPLICATE") words.push("dadfailed");
  if (!isV6) words.push(name);
  const lifetimes = `valid_lft ${lifetimeText(validSeconds)} preferred_lft ${lifetimeText(preferredSeconds)}`;
  return [words.join(" "), `       ${lifetimes}`];
}

function scopeOf(address: string): string {
  if (/^127\.|^::1$/.test(address)) return "host";
  return /^fe[89ab]|^169\.254\./.test(address) ? "link" : "global";
}

function lifetimeText(seconds: number | null): string {
  return seconds === null ? "forever" : `${seconds}sec`;
}

function counterLines({ counters }: InterfaceStatus): string[] {
  if (!counters) return [];
  const { rxFrames, rxFcsErrors, rxLengthErrors, rxOverflows, rxFiltered, txFrames, txCarrierErrors } = counters;
  return [
    "    RX:  packets  errors  overrun  filtered",
    `    ${cells([rxFrames, 12], [rxFcsErrors + rxLengthErrors, 8], [rxOverflows, 9], [rxFiltered, 10])}`,
    "    TX:  packets  carrier",
    `    ${cells([txFrames, 12], [txCarrierErrors, 9])}`,
  ];
}

function cells(...values: [value: number, width: number][]): string {
  return values.map(([value, width]) => String(value).padStart(width)).join("");
}

function linesText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
