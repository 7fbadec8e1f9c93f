// What `lsof -i` prints: a line for each socket, with the program that holds it. Pure: rows in, text out.

import type { SocketStatus } from "../status.ts";
import { stateText } from "./netstat.ts";
import { portText } from "./services.ts";
import { tableText } from "./table.ts";

export interface LsofOptions {
  /** -P: ports as numbers. */
  numericPorts?: boolean;
  user: string;
  /** The program that an owner's number stands for. */
  programOf: (owner: number) => string;
  deviceOf: (adapter: number) => string;
}

const NOBODY = ["0.0.0.0", "::", ""];

/** The version of IP that a socket is of; of one that listens in both, "IP". */
export function lsofType({ localAddress, remoteAddress }: SocketStatus): string {
  if (NOBODY.includes(localAddress) && NOBODY.includes(remoteAddress)) return "IP";
  return localAddress.includes(":") ? "IPv6" : "IPv4";
}

export function lsofText(rows: readonly SocketStatus[], options: LsofOptions): string {
  const right = "right" as const;
  const columns = [
    { title: "COMMAND", min: 8 },
    { title: "PID", align: right, min: 6 },
    { title: "USER", align: right },
    { title: "FD", align: right, min: 4 },
    { title: "TYPE" },
    { title: "DEVICE" },
    { title: "NODE" },
    { title: "NAME" },
  ];
  return tableText(
    columns,
    rows.map((row) => [
      options.programOf(row.owner),
      String(row.owner),
      options.user,
      row.handle === null ? "-" : `${row.handle & 0xffff}u`,
      lsofType(row),
      row.adapter === null ? "any" : options.deviceOf(row.adapter),
      row.kind === "echo" ? "ICMP" : row.kind.toUpperCase(),
      nameText(row, options.numericPorts ?? false),
    ]),
  );
}

// "*:80 (LISTEN)", "10.0.0.2:80->10.0.0.1:40000 (ESTABLISHED)"; UDP without a peer has no state.
function nameText(row: SocketStatus, numeric: boolean): string {
  const end = (address: string, port: number): string => {
    const host = NOBODY.includes(address) ? "*" : address.includes(":") ? `[${address}]` : address;
    return `${host}:${portText(port, row.kind, numeric)}`;
  };
  const local = end(row.localAddress, row.localPort);
  const peer = row.remotePort === 0 ? "" : `->${end(row.remoteAddress, row.remotePort)}`;
  const state = row.kind === "tcp" ? ` (${stateText(row)})` : "";
  return `${local}${peer}${state}`;
}
