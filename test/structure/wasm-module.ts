// Reads a wasm binary: what it imports and exports, its globals, and which features its instructions belong to.
// (WebAssembly core specification 2.0, §5 "Binary Format".)

import { WasmReader } from "../../host/build/wasm-reader.ts";

export type Kind = "function" | "table" | "memory" | "global";

export interface WasmModule {
  readonly imports: readonly { readonly module: string; readonly name: string; readonly kind: Kind }[];
  readonly exports: ReadonlyMap<string, Kind>;
  /** Of each global that the module defines: may it change? */
  readonly mutableGlobals: readonly boolean[];
  /** In pages of 64 KiB. */
  readonly memory: { readonly initial: number; readonly maximum: number | null };
  readonly hasStart: boolean;
  /** Every instruction's feature, and those of types: names as in FEATURES. */
  readonly features: ReadonlySet<string>;
  /** Names of the instructions that matter by themselves. */
  readonly instructions: ReadonlySet<string>;
}

const KINDS: readonly Kind[] = ["function", "table", "memory", "global"];

enum Section {
  TYPE = 1,
  IMPORT = 2,
  TABLE = 4,
  MEMORY = 5,
  GLOBAL = 6,
  EXPORT = 7,
  START = 8,
  CODE = 10,
  DATA = 11,
  DATA_COUNT = 12,
}

/** How the immediates of an instruction are laid out, by opcode, where it has any. */
function immediates(opcode: number): string {
  if (opcode >= 0x02 && opcode <= 0x04) return "block type";
  if (opcode === 0x0c || opcode === 0x0d || opcode === 0x10) return "index";
  if (opcode === 0x0e) return "branch table";
  if (opcode === 0x11) return "index index";
  if (opcode >= 0x20 && opcode <= 0x24) return "index";
  if (opcode >= 0x28 && opcode <= 0x3e) return "index index";
  if (opcode === 0x3f || opcode === 0x40) return "index";
  if (opcode === 0x41 || opcode === 0x42) return "signed";
  if (opcode === 0x43) return "4 bytes";
  if (opcode === 0x44) return "8 bytes";
  return "";
}

/** Instructions of the prefix 0xfc: name, feature, immediates. */
const PREFIXED: readonly (readonly [string, string, string])[] = [
  ...Array.from({ length: 8 }, () => ["trunc_sat", "saturating float to integer", ""] as const),
  ["memory.init", "passive data", "index index"],
  ["data.drop", "passive data", "index"],
  ["memory.copy", "bulk memory", "index index"],
  ["memory.fill", "bulk memory", "index"],
  ["table.init", "passive data", "index index"],
  ["elem.drop", "passive data", "index"],
  ["table.copy", "reference types", "index index"],
  ["table.grow", "reference types", "index"],
  ["table.size", "reference types", "index"],
  ["table.fill", "reference types", "index"],
];

function limits(section: WasmReader): { initial: number; maximum: number | null } {
  const bounded = section.byte() & 1;
  return { initial: section.number(), maximum: bounded ? section.number() : null };
}

/** Reads a whole module; throws on instructions it does not know, for then nothing is certain. */
export function readWasm(bytes: Uint8Array): WasmModule {
  const module = {
    imports: [] as { module: string; name: string; kind: Kind }[],
    exports: new Map<string, Kind>(),
    mutableGlobals: [] as boolean[],
    memory: { initial: 0, maximum: 0 as number | null },
    hasStart: false,
    features: new Set<string>(["MVP"]),
    instructions: new Set<string>(),
  };
  const file = new WasmReader(bytes);
  file.take(8);
  while (!file.done) {
    const id = file.byte();
    const section = new WasmReader(file.take(file.number()));
    readSection(id, section, module);
  }
  return module;
}

type Draft = { -readonly [K in keyof WasmModule]: WasmModule[K] } & {
  imports: { module: string; name: string; kind: Kind }[];
  exports: Map<string, Kind>;
  mutableGlobals: boolean[];
  features: Set<string>;
  instructions: Set<string>;
};

function readSection(id: number, section: WasmReader, module: Draft): void {
  switch (id) {
    case Section.TYPE:
      section.times(() => readFunctionType(section, module));
      break;
    case Section.IMPORT:
      module.imports.push(...section.times(() => readImport(section)));
      break;
    case Section.TABLE:
      section.times(() => {
        if (section.byte() !== 0x70) module.features.add("reference types");
        limits(section);
      });
      break;
    case Section.MEMORY:
      for (const memory of section.times(() => limits(section))) module.memory = memory;
      break;
    case Section.GLOBAL:
      section.times(() => {
        if (section.byte() === 0x7b) module.features.add("SIMD");
        module.mutableGlobals.push(section.byte() === 1);
        readExpression(section, module);
      });
      break;
    case Section.EXPORT:
      section.times(() => module.exports.set(section.text(), readKind(section)));
      break;
    case Section.START:
      module.hasStart = true;
      break;
    case Section.CODE:
      section.times(() => readFunctionBody(section, module));
      break;
    case Section.DATA:
      section.times(() => readData(section, module));
      break;
    case Section.DATA_COUNT:
      break;
  }
}

function readFunctionType(section: WasmReader, module: Draft): void {
  section.byte();
  section.times(() => section.byte());
  if (section.times(() => section.byte()).length > 1) module.features.add("multi-value");
}

function readImport(section: WasmReader): { module: string; name: string; kind: Kind } {
  const [module, name] = [section.text(), section.text()];
  const kind = KINDS[section.byte()] as Kind;
  if (kind === "function") section.number();
  else if (kind === "global") section.take(2);
  else {
    if (kind === "table") section.byte();
    limits(section);
  }
  return { module, name, kind };
}

function readKind(section: WasmReader): Kind {
  const kind = KINDS[section.byte()] as Kind;
  section.number();
  return kind;
}

function readData(section: WasmReader, module: Draft): void {
  const flags = section.number();
  if (flags === 1) module.features.add("passive data");
  if (flags === 2) section.number();
  if (flags !== 1) readExpression(section, module);
  section.take(section.number());
}

function readFunctionBody(section: WasmReader, module: Draft): void {
  const end = section.number() + section.at;
  section.times(() => {
    section.number();
    if (section.byte() === 0x7b) module.features.add("SIMD");
  });
  while (section.at < end) readInstruction(section, module);
}

function readExpression(section: WasmReader, module: Draft): void {
  while (readInstruction(section, module) !== 0x0b);
}

function readInstruction(section: WasmReader, module: Draft): number {
  const opcode = section.byte();
  if (opcode === 0xfc) {
    const entry = PREFIXED[section.number()];
    if (!entry) throw new Error("an instruction of the prefix 0xfc that this reader does not know");
    const [name, feature, form] = entry;
    module.instructions.add(name);
    module.features.add(feature);
    skipImmediates(form, section, module);
    return opcode;
  }
  if (opcode === 0x3f) module.instructions.add("memory.size");
  if (opcode === 0x40) module.instructions.add("memory.grow");
  if (opcode >= 0xc0 && opcode <= 0xc4) module.features.add("sign extension");
  else if (opcode > 0xc4 || (opcode > 0x11 && opcode < 0x1a) || opcode === 0x1c || opcode === 0x25 || opcode === 0x26) {
    throw new Error(`instruction 0x${opcode.toString(16)} is none of the features that the core may use`);
  }
  skipImmediates(immediates(opcode), section, module);
  return opcode;
}

function skipImmediates(form: string, section: WasmReader, module: Draft): void {
  if (form === "block type") {
    // One byte for "nothing" and for value types; anything else is the number of a type: several results or parameters.
    const first = section.byte();
    if (first !== 0x40 && (first < 0x7b || first > 0x7f)) {
      module.features.add("multi-value");
      if (first >= 0x80) section.number();
    }
  } else if (form === "branch table") {
    section.times(() => section.number());
    section.number();
  } else if (form === "4 bytes") section.take(4);
  else if (form === "8 bytes") section.take(8);
  else for (const part of form.split(" ")) if (part !== "") section.number();
}
