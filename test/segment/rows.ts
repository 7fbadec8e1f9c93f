// Steps that look into the machine's tables: its addresses, its neighbors, its routes, and the name servers it was told of.

import { AddressOrigin, AddressState } from "../../assembly/abi/addresses.ts";
import type { Network } from "./addresses.ts";
import { equalBytes, isZero } from "./frames/bytes.ts";
import { resolve } from "./lines/envelope.ts";
import { address, type Fail, oneOf, prefix } from "./lines/words.ts";
import type { Machine } from "./machine.ts";

const TABLES = ["address", "neighbor", "route", "server"] as const;
type Table = (typeof TABLES)[number];

/** `address NAME [valid|preferred]`, `neighbor NAME`, `route PREFIX [via NAME]`, `server NAME`. */
export interface RowLook {
  table: Table;
  name: string;
  /** Which column of an address; the gateway of a route. */
  detail: string | undefined;
}

const NEIGHBOR_STATES = ["INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE"];
const FOREVER = 0xffff_ffff;
/** What a row that is not there says. */
const NONE = "NONE";

/** Words of a row, as assembly/stack/tables.ts has them. */
const ADDRESS = { prefixLength: 4, state: 6, origin: 7, preferred: 8, valid: 9 };
const NEIGHBOR_STATE = 6;
const ROUTE = { prefixLength: 4, gateway: 5, seconds: 11 };
const SERVER_SECONDS = 5;

export function isTable(word: string): word is Table {
  return TABLES.includes(word as Table);
}

export function readRowLook(
  table: Table,
  words: string[],
  wanted: string | undefined,
  fail: Fail,
): { look: RowLook; wanted: string } {
  const [name = "", ...rest] = words;
  if (wanted === undefined) return fail(`${table} needs \`= state\` or \`= seconds\`, or \`= ${NONE}\``);
  if (table === "route") {
    prefix(name, fail);
    if (rest.length > 0 && rest[0] !== "via") fail("a route is `route PREFIX [via NAME]`");
    const detail = rest.length > 0 ? address(rest[1], fail) : undefined;
    return { look: { table, name, detail }, wanted };
  }
  const columns = table === "address" ? (["valid", "preferred"] as const) : [];
  const detail = rest.length > 0 ? oneOf(rest[0], columns, fail) : undefined;
  return { look: { table, name: address(name, fail), detail }, wanted };
}

/** Why a row is not as wanted, as a sentence; undefined when it is. */
export function rowDifference(
  machine: Machine,
  network: Network,
  { table, name, detail }: RowLook,
  wanted: string,
): string | undefined {
  const found = valueIn(machine, network, { table, name, detail });
  const range = /^(\d+)~(\d+)$/.exec(wanted);
  const isRight = range ? Number(found) >= Number(range[1]) && Number(found) <= Number(range[2]) : found === wanted;
  return isRight ? undefined : `${table} ${name} is ${found}`;
}

function valueIn(machine: Machine, network: Network, { table, name, detail }: RowLook): string {
  if (table === "route") return routeValue(machine, network, name, detail);
  const wanted = network.made?.(name) ?? network.names.get(name);
  if (wanted === undefined && /^(made|stable|temporary)/.test(name)) return NONE;
  const words = rowsOf(machine, table).find((row) => equalBytes(addressIn(row, 0), wanted ?? resolve(network, name)));
  if (words === undefined) return NONE;
  if (table === "neighbor") return NEIGHBOR_STATES[words[NEIGHBOR_STATE]] ?? "";
  if (table === "server") return seconds(words[SERVER_SECONDS]);
  if (detail === "valid" || detail === "preferred") return seconds(words[ADDRESS[detail]]);
  return AddressState[words[ADDRESS.state]] ?? "";
}

function routeValue(machine: Machine, network: Network, name: string, via: string | undefined): string {
  const { address: wanted, prefixLength } = prefix(name, (sentence) => {
    throw new Error(sentence);
  });
  const gateway = via === undefined ? undefined : resolve(network, via);
  const words = rowsOf(machine, "route").find((row) => {
    const next = addressIn(row, ROUTE.gateway);
    const isRoute = row[ROUTE.prefixLength] === prefixLength && equalBytes(bytesIn(row, 0), wanted);
    return isRoute && (gateway ? equalBytes(next, gateway) : isZero(next));
  });
  return words === undefined ? NONE : seconds(words[ROUTE.seconds]);
}

function seconds(value: number): string {
  return value === FOREVER ? "infinity" : String(value);
}

function rowsOf(machine: Machine, table: Table): number[][] {
  return machine.table(table === "server" ? "nameServer" : table);
}

function bytesIn(row: readonly number[], word: number): Uint8Array {
  return new Uint8Array(Uint32Array.from(row.slice(word, word + 4)).buffer);
}

/** The address that begins at a word, of 4 bytes where it is one of IPv4. */
function addressIn(row: readonly number[], word: number): Uint8Array {
  const bytes = bytesIn(row, word);
  const isV4 = isZero(bytes.subarray(0, 10)) && bytes[10] === 0xff && bytes[11] === 0xff;
  return isV4 ? bytes.slice(12) : bytes;
}

const ORIGINS: Readonly<Record<string, AddressOrigin>> = {
  "made-local": AddressOrigin.LINK_LOCAL,
  "made-v4": AddressOrigin.LINK_LOCAL,
  stable: AddressOrigin.STABLE,
  temporary: AddressOrigin.TEMPORARY,
};

/**
 * The address that a machine has made, by what scripts call it: `stable`, or `stable@2001:db8:5::` for the one from that
 * prefix of 64 bits. Of several the one that is preferred longest.
 */
export function madeAddress(machine: Machine, network: Network, name: string): Uint8Array | undefined {
  const [kind = "", within] = name.split("@");
  const origin = ORIGINS[kind];
  if (origin === undefined) return undefined;
  const prefixBytes = within === undefined ? undefined : resolve(network, within).slice(0, 8);
  const length = kind === "made-v4" ? 4 : 16;
  const candidates = rowsOf(machine, "address")
    .filter((row) => row[ADDRESS.origin] === origin)
    .map((row) => ({ bytes: addressIn(row, 0), preferred: row[ADDRESS.preferred] }))
    .filter(({ bytes }) => bytes.length === length && (!prefixBytes || equalBytes(bytes.slice(0, 8), prefixBytes)));
  return candidates.sort((a, b) => b.preferred - a.preferred)[0]?.bytes;
}
