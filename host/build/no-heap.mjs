// An asc transform that refuses a core with a heap. All state of the machine is static linear memory: then a copy of
// memory is a copy of the machine, its size is known when it is built, and no packet can exhaust an allocator.
// It sees the module before optimization, so what it refuses does not depend on what the optimizer finds.

/** Functions of the standard library that neither allocate nor hold managed objects. */
const HARMLESS_LIBRARY = /^~lib\/(builtins|polyfills|memory\/memory\.|math|shared|profile|function\/.*#get:index$)/;

/** Imports allowed in every build, and the one that lets a debug build say which assertion failed. */
const REGISTER_IMPORTS = ["bus.read32", "bus.write32"];
const ABORT_IMPORT = "env.abort";

/** Classes that asc knows in every program, and references to functions, which are static. */
const ALWAYS_THERE = /^~lib\/(object\/Object|arraybuffer\/ArrayBuffer(View)?|string\/String|function\/Function<.*)$/;

/** The runtime id of strings in the header that asc puts before a static object. */
const STRING_ID = 2;

export default class NoHeap {
  /** Called by asc; throws an Error whose message lists every offence, one to a line. */
  afterCompile(module) {
    const keepsAbort = this.program.options.globalAliases?.get("abort") !== "";
    const strings = [...refusedStrings(module, keepsAbort)];
    // The optimizer's own first step on data: without megabytes of zeros the text form is written in no time.
    module.runPasses(["memory-packing"]);
    const functions = readFunctions(module, this.binaryen);
    const causes = [
      ...refusedCalls(functions),
      ...refusedClasses(this.program),
      ...strings,
      ...refusedImports(functions, keepsAbort ? [...REGISTER_IMPORTS, ABORT_IMPORT] : REGISTER_IMPORTS),
      ...refusedInstructions(functions),
      ...refusedGlobals(module, this.binaryen),
      ...refusedStart(module, functions),
    ];
    // Whatever brings in the allocator also brings in its state; said only where nothing else explains it.
    const offences = causes.length > 0 ? causes : [...refusedAllocator(module, functions, this.binaryen)];
    if (offences.length > 0) throw new Error(`the core must do without a heap:\n  ${offences.join("\n  ")}`);
  }
}

/** Every function: its name, what it is imported as, the names it calls and its text. */
function readFunctions(module, binaryen) {
  const bodies = new Map();
  // The text form has one function per indented block; the name is quoted where it has unusual characters.
  for (const block of module
    .emitText()
    .split(/^ \(func /m)
    .slice(1)) {
    const [, quoted, plain] = /^\$(?:"((?:[^"\\]|\\.)*)"|(\S+))/.exec(block);
    bodies.set(quoted ?? plain, block);
  }
  return Array.from({ length: module.getNumFunctions() }, (_, i) => {
    const { name, module: from, base } = binaryen.getFunctionInfo(module.getFunctionByIndex(i));
    const body = bodies.get(name) ?? "";
    const calls = [...body.matchAll(/\(call \$(?:"((?:[^"\\]|\\.)*)"|([^\s)]+))/g)].map((call) => call[1] ?? call[2]);
    return { name, importedAs: from ? `${from}.${base}` : null, calls: new Set(calls), body };
  });
}

function isLibrary(name) {
  return name.startsWith("~lib/");
}

/** Calls from the core into parts of the library that allocate or need managed objects. */
function* refusedCalls(functions) {
  for (const { name, calls } of functions) {
    if (isLibrary(name)) continue;
    for (const called of calls) {
      if (isLibrary(called) && !HARMLESS_LIBRARY.test(called)) yield `${name} calls ${called}, which ${reason(called)}`;
    }
  }
}

function reason(name) {
  if (/__(new|alloc|renew|realloc)\w*$|\/heap\./.test(name)) return "allocates";
  return "works on managed objects";
}

function* refusedClasses(program) {
  for (const { internalName: name } of program.managedClasses.values()) {
    if (!ALWAYS_THERE.test(name)) yield `${name} is a managed class: mark it @unmanaged, or use memory.data for tables`;
  }
}

/** Strings are static objects that cost memory on the device; only the messages of a debug build may. */
function* refusedStrings(module, keepsAbort) {
  for (let i = 0; i < module.getNumMemorySegments() && !keepsAbort; i++) {
    const { data } = module.getMemorySegmentInfo(String(i));
    const [size, mark, next, id] = new Uint32Array(data.slice(0, data.byteLength & ~3));
    if (size !== data.byteLength - 4 || mark !== 0 || next !== 0 || id !== STRING_ID) continue;
    yield `the string ${JSON.stringify(stringAt(data))} would be kept in memory: the core has no text`;
  }
}

/** The text of a static string object: 20 bytes of header, the last word of which is its length in bytes. */
function stringAt(data) {
  const bytes = new DataView(data).getUint32(16, true);
  return new TextDecoder("utf-16le").decode(data.slice(20, 20 + bytes));
}

function* refusedImports(functions, allowed) {
  for (const { importedAs } of functions) {
    if (importedAs && !allowed.includes(importedAs)) {
      yield `${importedAs} is imported: only ${allowed.join(", ")} may be`;
    }
  }
}

function* refusedInstructions(functions) {
  for (const { name, body } of functions) {
    if (isLibrary(name)) continue;
    if (body.includes("(memory.grow")) yield `${name} has memory.grow: memory keeps the size it is built with`;
    if (body.includes("(memory.size")) yield `${name} has memory.size: the profile says how large memory is`;
  }
}

function* mutableGlobals(module, binaryen) {
  for (let i = 0; i < module.getNumGlobals(); i++) {
    const { name, mutable } = binaryen.getGlobalInfo(module.getGlobalByIndex(i));
    if (mutable) yield name;
  }
}

function* refusedGlobals(module, binaryen) {
  for (const name of mutableGlobals(module, binaryen)) {
    if (name === "~argumentsLength") yield "an exported function has optional parameters, which need a mutable global";
    else if (!isLibrary(name))
      yield `${name} is a mutable global: keep state in memory.data, give consts constant values`;
  }
}

function* refusedAllocator(module, functions, binaryen) {
  for (const name of mutableGlobals(module, binaryen)) yield `${name} is there: something needs the run time`;
  const starts = functions.some(({ name, body }) => name.startsWith("start:") && doesSomething(body));
  if (starts) yield "a start function is there: something in the library needs it";
}

/** True of code with an effect: a call of anything but other modules' own start, a store, a global written. */
function doesSomething(body) {
  return /\(call (?!\$?"?start:)|\.store|\(global\.set|\(memory\.|unreachable/.test(body);
}

function* refusedStart(module, functions) {
  if (!module.getStart()) return;
  // A compile-time check (`if (…) ERROR(…)`) leaves an empty branch there, which the optimizer removes.
  for (const { name, body } of functions) {
    if (name.startsWith("start:") && !name.startsWith("start:~lib/") && doesSomething(body)) {
      yield `${name.slice("start:".length)} has statements that run when the module is loaded: do that in init()`;
    }
  }
}
