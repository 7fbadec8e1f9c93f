// The control block of a connection, field by field: where each lies, how many bytes it takes and why it is there. All
// of it is read from the classes of the core themselves, by the TypeScript parser: it cannot say what they do not.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { type Column, tableText } from "../inspect/table.ts";
import { ROOT } from "./firmware.mjs";

export interface BlockField {
  name: string;
  /** As it is declared, such as "u32" or "Packet | null". */
  type: string;
  /** From the start of the block, and size; in bytes. */
  offset: number;
  bytes: number;
  /** Its comment; that of the field before it where one comment stands for both. Empty: it has none. */
  reason: string;
  /** False where the reason is that of the field before it. */
  ownReason: boolean;
}

export interface BlockPart {
  className: string;
  /** Path from the top of the project. */
  file: string;
  fields: BlockField[];
}

export interface ControlBlock {
  /** In the order of inheritance, which is that of addresses. */
  parts: BlockPart[];
  /** Sum of the fields, and what lies between them for the sake of alignment. */
  fieldBytes: number;
  gapBytes: number;
  /** What the core reserves for each: TCB_BYTES. */
  bytes: number;
}

/** The classes that a control block is made of, base first, and the file that reserves it. */
const PARTS = [
  { className: "Flow", file: "assembly/transport/flow.ts" },
  { className: "Endpoint", file: "assembly/transport/endpoint.ts" },
  { className: "Tcb", file: "assembly/transport/tcp/tcb.ts" },
];
const RESERVED = { constant: "TCB_BYTES", file: "assembly/base/memory.ts" };

/** Sizes of AssemblyScript's number types; everything else is a reference or an address, of wasm32. */
const SIZES: Readonly<Record<string, number>> = {
  bool: 1,
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  u64: 8,
  i64: 8,
};
const POINTER = 4;
const POINTER_TYPES = /^(usize|[A-Z]\w*( \| null)?)$/;

/** Reads the sources. Throws an Error when a class or a type is not what this file knows. */
export function readControlBlock(): ControlBlock {
  let end = 0;
  const parts = PARTS.map(({ className, file }): BlockPart => {
    const fields = readFields(className, file, end);
    const last = fields.at(-1);
    if (last) end = last.offset + last.bytes;
    return { className, file, fields };
  });
  const fieldBytes = parts.flatMap(({ fields }) => fields).reduce((sum, { bytes }) => sum + bytes, 0);
  return { parts, fieldBytes, gapBytes: end - fieldBytes, bytes: readReserved() };
}

// A class's fields follow those of its base at once; each is aligned to its own size.
function readFields(className: string, file: string, start: number): BlockField[] {
  const source = parse(file);
  const declaration = source.statements.find(
    (statement): statement is ts.ClassDeclaration =>
      ts.isClassDeclaration(statement) && statement.name?.text === className,
  );
  if (!declaration) throw new Error(`${file} has no class ${className}`);
  const fields: BlockField[] = [];
  let end = start;
  let above = "";
  for (const member of declaration.members) {
    if (!ts.isPropertyDeclaration(member) || !member.type) continue;
    const type = member.type.getText(source);
    const bytes = sizeOf(type, `${className}.${member.name.getText(source)}`);
    const offset = Math.ceil(end / bytes) * bytes;
    const own = reasonAbove(source, member);
    // A comment stands for the fields that follow it line by line; a blank line or a heading ends that.
    if (own !== "" || startsGroup(source, member)) above = own;
    fields.push({ name: member.name.getText(source), type, offset, bytes, reason: above, ownReason: own !== "" });
    end = offset + bytes;
  }
  return fields;
}

function sizeOf(type: string, field: string): number {
  const size = SIZES[type] ?? (POINTER_TYPES.test(type) ? POINTER : undefined);
  if (size === undefined) throw new Error(`${field} has a type whose size is not known here: ${type}`);
  return size;
}

/** The documentation comment of a member as one line; empty when it has none. */
function reasonAbove(source: ts.SourceFile, member: ts.Node): string {
  const comments = ts.getLeadingCommentRanges(source.text, member.getFullStart()) ?? [];
  const last = comments.at(-1);
  const text = last ? source.text.slice(last.pos, last.end) : "";
  if (!text.startsWith("/**")) return "";
  return text
    .slice(3, -2)
    .replace(/^[ \t]*\*/gm, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** True when something other than the field before it stands right above a member. */
function startsGroup(source: ts.SourceFile, member: ts.Node): boolean {
  const before = source.text.slice(member.getFullStart(), member.getStart(source));
  return /\n[ \t]*\n/.test(before) || before.includes("//");
}

function readReserved(): number {
  const { text } = parse(RESERVED.file);
  const value = new RegExp(`export const ${RESERVED.constant}: u32 = (\\d+);`).exec(text)?.[1];
  if (value === undefined) throw new Error(`${RESERVED.file} has no ${RESERVED.constant} that is a number`);
  return Number(value);
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(join(ROOT, file), "utf8"), ts.ScriptTarget.Latest, true);
}

/** The block as a table. */
export function controlBlockText(block: ControlBlock): string {
  const columns: Column[] = [
    { title: "at", align: "right" },
    { title: "bytes", align: "right" },
    { title: "field" },
    { title: "why" },
  ];
  const rows = block.parts.flatMap(({ className, file, fields }) => [
    ["", `${fields.reduce((sum, { bytes }) => sum + bytes, 0)}`, `${className}:`, file],
    ...fields.map(({ name, offset, bytes, reason, ownReason }) => [
      `${offset}`,
      `${bytes}`,
      `  ${name}`,
      ownReason ? reason : "  \u2033",
    ]),
  ]);
  rows.push(["", `${block.gapBytes}`, "(alignment)", ""], ["", `${block.bytes}`, "in all", ""]);
  return tableText(columns, rows, "  ");
}
