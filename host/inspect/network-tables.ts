// The tables of `netstat` that are about the machine in its network: addresses, routes, neighbors, groups, name
// servers. Pure: rows in, text out.

import type {
  AddressStatus,
  GroupStatus,
  LeaseStatus,
  NameServerStatus,
  NeighborStatus,
  RouteStatus,
} from "../tables.ts";
import { tableText } from "./table.ts";

const ADDRESS_COLUMN = { title: "Address", min: 18 };
const DAY = 86_400;

/** The table of routes, with flags: up, a gateway, a host, set by a redirect, advertised by a router, from a lease. */
export function routesText(rows: readonly RouteStatus[]): string {
  const columns = [
    { title: "Destination", min: 18 },
    { title: "Gateway", min: 15 },
    { title: "Flags", min: 5 },
    { title: "Adapter" },
    { title: "Origin", min: 8 },
    { title: "Expires" },
  ];
  const cells = rows.map((row) => {
    const { destination, gateway, adapter, origin, seconds } = row;
    return [destination, gateway ?? "*", flagsText(row), String(adapter), origin.toLowerCase(), timeText(seconds)];
  });
  return `IP routing table\n${tableText(columns, cells)}`;
}

function flagsText({ destination, gateway, origin }: RouteStatus): string {
  const bits = Number(destination.split("/")[1]);
  const host = bits === (destination.includes(":") ? 128 : 32) ? "H" : "";
  const from = { MANUAL: "", REDIRECT: "D", ROUTER: "A", LEASE: "L" }[origin];
  return `U${gateway ? "G" : ""}${host}${from}`;
}

/** The table of neighbors, which ARP and neighbor discovery fill. */
export function neighborsText(rows: readonly NeighborStatus[]): string {
  const columns = [ADDRESS_COLUMN, { title: "HWaddress", min: 17 }, { title: "State", min: 10 }, { title: "Adapter" }];
  const cells = rows.map((row) => [
    row.address,
    row.state === "INCOMPLETE" ? "(incomplete)" : row.mac,
    row.state,
    String(row.adapter),
  ]);
  return `Neighbors\n${tableText(columns, cells)}`;
}

/** The table of multicast groups; a group that is wanted from some sources alone has a line for each. */
export function groupsText(rows: readonly GroupStatus[]): string {
  const columns = [
    { title: "Adapter" },
    { title: "RefCnt", align: "right" as const },
    { title: "Group", min: 15 },
    { title: "Source", min: 6 },
  ];
  const inOrder = [...rows].sort((a, b) => a.adapter - b.adapter);
  const cells = inOrder.map((row) => [String(row.adapter), String(row.users), row.group, row.source ?? "*"]);
  return `Group memberships\n${tableText(columns, cells)}`;
}

/** The table of the machine's own addresses. */
export function addressesText(rows: readonly AddressStatus[]): string {
  const columns = [
    ADDRESS_COLUMN,
    { title: "State", min: 10 },
    { title: "Adapter" },
    { title: "Origin", min: 10 },
    { title: "Preferred" },
    { title: "Valid" },
  ];
  const cells = rows.map(({ address, prefixLength, state, adapter, origin, preferredSeconds, validSeconds }) => {
    const from = origin.toLowerCase().replace("_", "-");
    const times = [timeText(preferredSeconds), timeText(validSeconds)];
    return [`${address}/${prefixLength}`, state, String(adapter), from, ...times];
  });
  return `Addresses\n${tableText(columns, cells)}`;
}

/** The table of name servers, with who has told of each. */
export function nameServersText(rows: readonly NameServerStatus[]): string {
  const columns = [ADDRESS_COLUMN, { title: "Adapter" }, { title: "Origin", min: 6 }, { title: "Expires" }];
  const cells = rows.map(({ address, adapter, origin, seconds }) => {
    return [address, adapter === null ? "*" : String(adapter), origin.toLowerCase(), timeText(seconds)];
  });
  return `Name servers\n${tableText(columns, cells)}`;
}

/** The table of what adapters have from DHCP servers; `Domain` and `Time` are what the server has named besides. */
export function leasesText(rows: readonly LeaseStatus[]): string {
  const columns = [
    { title: "Adapter" },
    ADDRESS_COLUMN,
    { title: "State", min: 10 },
    { title: "Server", min: 15 },
    { title: "Domain", min: 8 },
    { title: "Time", min: 8 },
    { title: "Renewed in" },
    { title: "Over in" },
  ];
  const cells = rows.map((row) => {
    const times = row.address === null ? ["-", "-"] : [timeText(row.renewSeconds), timeText(row.seconds)];
    const told = [row.server ?? "-", row.domain ?? "-", row.timeServer ?? "-"];
    return [String(row.adapter), row.address ?? "-", row.state, ...told, ...times];
  });
  return `Leases\n${tableText(columns, cells)}`;
}

/** Seconds that are left as "29:48", "1:59:48" or "6d 23:59:48"; null, which is for ever, as "never". */
export function timeText(seconds: number | null): string {
  if (seconds === null) return "never";
  const days = Math.floor(seconds / DAY);
  const hours = Math.floor((seconds % DAY) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const two = (value: number): string => String(value).padStart(2, "0");
  const tail = `${two(seconds % 60)}`;
  if (seconds < 3600) return `${minutes}:${tail}`;
  return `${days > 0 ? `${days}d ` : ""}${hours}:${two(minutes)}:${tail}`;
}
