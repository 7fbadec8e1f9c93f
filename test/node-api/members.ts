// Writes host/node/MEMBERS.md: every public member of Node's classes of sockets, and whether ours have it. The members
// come from Node's own classes, so that none can be forgotten.

import * as nodeDgram from "node:dgram";
import { writeFileSync } from "node:fs";
import * as nodeNet from "node:net";
import { fileURLToPath } from "node:url";
import type { Dgram, Net } from "./scene.ts";

export const FILE = fileURLToPath(new URL("../../host/node/MEMBERS.md", import.meta.url));

/** Why a member is not there, or does not do what it does in Node. */
const NO: Record<string, string> = {
  "dgram.Socket#setRecvBufferSize": "checks its argument; the size is fixed in the profile",
  "dgram.Socket#setSendBufferSize": "checks its argument; the size is fixed in the profile",
};

/** Members that the documentation names and that an object has only once they are set, or that are not on it at first. */
const DOCUMENTED: Record<string, string[]> = {
  "net.Socket": ["autoSelectFamilyAttemptedAddresses", "timeout"],
  "net.Server": ["maxConnections"],
};

export interface Member {
  name: string;
  /** The class that it is from. */
  from: string;
  isThere: boolean;
  /** Why not; null where there is nothing to say. */
  reason: string | null;
}

export interface MemberTable {
  title: string;
  members: Member[];
}

/** The tables of modules and classes, theirs against ours. */
export function memberTables(net: Net, dgram: Dgram): MemberTable[] {
  return [
    moduleTable("net", nodeNet, net),
    classTable("net.Socket", new nodeNet.Socket(), new net.Socket()),
    classTable("net.Server", new nodeNet.Server(), new net.Server()),
    moduleTable("dgram", nodeDgram, dgram),
    classTable("dgram.Socket", nodeDgram.createSocket("udp4"), dgram.createSocket("udp4")),
  ];
}

function moduleTable(title: string, theirs: object, ours: object): MemberTable {
  const names = Object.keys(theirs).filter((name) => isPublic(name) && name !== "default");
  return { title, members: names.sort().map((name) => member(title, name, title, theirs, ours)) };
}

function classTable(title: string, theirs: object, ours: object): MemberTable {
  const members = new Map<string, Member>();
  const add = (name: string, from: string): void => {
    if (isPublic(name) && !members.has(name)) members.set(name, member(title, name, from, theirs, ours));
  };
  for (const name of DOCUMENTED[title] ?? []) add(name, title);
  for (const name of Object.getOwnPropertyNames(theirs)) add(name, title);
  for (let level = Object.getPrototypeOf(theirs); level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    const from = level === Object.getPrototypeOf(theirs) ? title : level.constructor.name;
    for (const name of Object.getOwnPropertyNames(level)) add(name, from);
    if (Object.hasOwn(level, Symbol.asyncDispose)) {
      members.set("[Symbol.asyncDispose]", symbolMember("[Symbol.asyncDispose]", from, ours));
    }
  }
  return { title, members: [...members.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

function symbolMember(name: string, from: string, ours: object): Member {
  return { name, from, isThere: Symbol.asyncDispose in ours, reason: null };
}

function isPublic(name: string): boolean {
  return !name.startsWith("_") && name !== "constructor";
}

// There when it is of the same kind: a function where Node's is one.
function member(title: string, name: string, from: string, theirs: object, ours: object): Member {
  const reason = NO[`${title}#${name}`] ?? null;
  const kind = (owner: object): string => typeof (owner as Record<string, unknown>)[name];
  const isFunction = kind(theirs) === "function";
  const isThere = reason === null && name in ours && isFunction === (kind(ours) === "function");
  return { name, from, isThere, reason };
}

/** The file's text. */
export function memberText(tables: MemberTable[]): string {
  const all = tables.flatMap(({ members }) => members);
  const absent = all.filter(({ isThere }) => !isThere).length;
  const head = [
    "# Members of Node's sockets, and ours",
    "",
    `Every public member of node:net, node:dgram and their classes as Node ${process.versions.node.split(".")[0]} has them:`,
    `${all.length}, of which ${all.length - absent} are there. Written by \`npm run members\`; a test compares.`,
    "",
  ];
  return [...head, ...tables.flatMap(tableText)].join("\n");
}

function tableText({ title, members }: MemberTable): string[] {
  const rows = members.map(
    ({ name, from, isThere, reason }) => `| \`${name}\` | ${from} | ${isThere ? "yes" : `**no**: ${reason ?? "?"}`} |`,
  );
  return [`## ${title}`, "", "| member | from | there |", "|---|---|---|", ...rows, ""];
}

/** Writes the file anew. */
export function writeMembers(net: Net, dgram: Dgram): void {
  writeFileSync(FILE, memberText(memberTables(net, dgram)));
}
