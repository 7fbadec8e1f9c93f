// Which mutants a source has: every kind of change, the places that are left alone, and ids that find them again.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { applied, findMutants, type Mutant, readEnums } from "./mutants.ts";
import { differingLines } from "./report.ts";

const ENUMS = readEnums(["export const enum Colour {\n  RED = 1,\n  GREEN = 2,\n  BLUE = 4,\n}\n"]);

/** What a line becomes, by kind of change. */
function changes(line: string): Record<string, string> {
  const text = `// A source\n${line}\n`;
  const mutants = findMutants("a.ts", text, ENUMS);
  return Object.fromEntries(mutants.map((mutant) => [mutant.kind, applied(text, mutant).split("\n")[1] ?? ""]));
}

/** Only the changes of some kinds. */
function some(line: string, ...kinds: string[]): Record<string, string | undefined> {
  const all = changes(line);
  return Object.fromEntries(kinds.map((kind) => [kind, all[kind]]));
}

describe("mutants of a source", () => {
  it("have neighbouring and opposite comparisons", () => {
    assert.deepEqual(changes("f(a < b);"), { "drop-call": ";", "lt-le": "f(a <= b);", "lt-ge": "f(a >= b);" });
    assert.deepEqual(some("f(a == b);", "eq-ne"), { "eq-ne": "f(a != b);" });
  });

  it("have other operators", () => {
    assert.deepEqual(some("x = a + b * c;", "plus-minus", "times-by"), {
      "plus-minus": "x = a - b * c;",
      "times-by": "x = a + b / c;",
    });
    assert.deepEqual(some("x = a & ~b;", "bitand-bitor", "drop-complement"), {
      "bitand-bitor": "x = a | ~b;",
      "drop-complement": "x = a & b;",
    });
    assert.deepEqual(some("x += -y;", "add-subtract", "drop-minus"), {
      "add-subtract": "x -= -y;",
      "drop-minus": "x += y;",
    });
    assert.deepEqual(changes("x++;"), { "drop-assignment": ";", "up-down": "x--;" });
  });

  it("have conditions that are negated, or always or never true", () => {
    assert.deepEqual(some("if (a && !b) f();", "and-or", "drop-not", "negate", "always", "drop-call"), {
      "and-or": "if (a || !b) f();",
      "drop-not": "if (a && b) f();",
      negate: "if (!(a && !b)) f();",
      always: "if (true) f();",
      "drop-call": "if (a && !b) ;",
    });
    assert.equal(changes("if (a < b) f();").negate, undefined, "the comparison's own change does that");
    assert.equal(changes("if (a) f();").never, undefined, "dropping the call does that");
    assert.equal(changes("if (a) f(); else g();").never, "if (false) f(); else g();");
    assert.equal(changes("x = a ? 1 : 2;").negate, "x = !(a) ? 1 : 2;");
  });

  it("have constants that are off by one or doubled", () => {
    assert.deepEqual(some("const LIMIT: u32 = 5;", "plus-one", "minus-one", "double"), {
      "plus-one": "const LIMIT: u32 = 6;",
      "minus-one": "const LIMIT: u32 = 4;",
      double: "const LIMIT: u32 = 10;",
    });
    assert.deepEqual(changes("const NOTHING = 0;"), { "plus-one": "const NOTHING = 1;" });
    assert.deepEqual(changes("const ON = true;"), { "true-false": "const ON = false;" });
  });

  it("lack statements, and exits that are not the last", () => {
    assert.deepEqual(changes("function f() { if (a) return; g(); return; }"), {
      always: "function f() { if (true) return; g(); return; }",
      negate: "function f() { if (!(a)) return; g(); return; }",
      "drop-return": "function f() { if (a) ; g(); return; }",
      "drop-call": "function f() { if (a) return; ; return; }",
    });
    const loop = changes("switch (a) { case b: break; default: break; }");
    assert.deepEqual(loop, { "drop-break": "switch (a) { case b: ; default: break; }" });
  });

  it("have other helpers", () => {
    assert.deepEqual(some("f(min<u32>(a, b));", "min-max"), { "min-max": "f(max<u32>(a, b));" });
    assert.deepEqual(some("tcb.mark(A);", "mark-unmark"), { "mark-unmark": "tcb.unmark(A);" });
    assert.deepEqual(some("f(seqBefore(a, b + 1));", "before-upto", "before-after"), {
      "before-upto": "f((<i32>((a) - (b + 1)) <= 0));",
      "before-after": "f((<i32>((a) - (b + 1)) > 0));",
    });
    assert.equal(changes("f(seqMax(a, b));")["later-earlier"], "f((<i32>((a) - (b)) < 0 ? (a) : (b)));");
  });

  it("have the next member of an enum, and the first for the last", () => {
    assert.equal(changes("f(Colour.RED);")["enum-GREEN"], "f(Colour.GREEN);");
    assert.equal(changes("f(Colour.BLUE);")["enum-RED"], "f(Colour.RED);");
    assert.deepEqual(changes("f(Shape.ROUND);"), { "drop-call": ";" });
  });

  it("leave alone what is no code of the machine", () => {
    const lines = [
      'import { a } from "./b1";',
      "export const enum Shape { ROUND = 1, FLAT = 2 }",
      'assert(a < b, "1 + 1");',
      'if (A + 1 > 2) ERROR("too much");',
      "if (!ASC_NO_ASSERT) check(1);",
      "let x: StaticArray<u8>;",
    ];
    for (const line of lines) assert.deepEqual(changes(line), {}, line);
  });

  it("keep every line where it was, and name the place", () => {
    const text = "// A source\nfunction f(): void {\n  g(\n    1,\n  );\n  h();\n}\n";
    const mutants = findMutants("assembly/a.ts", text, ENUMS);
    const dropped = mutants.find(({ kind }) => kind === "drop-call") as Mutant;
    assert.equal(dropped.id, "assembly/a.ts:3:3:drop-call");
    const changed = applied(text, dropped);
    assert.equal(changed, "// A source\nfunction f(): void {\n  ;\n\n\n  h();\n}\n");
    assert.deepEqual(differingLines(text, changed), { before: ["g(", "1,", ");"], after: [";", "", ""] });
    assert.equal(new Set(mutants.map(({ id }) => id)).size, mutants.length);
  });
});
