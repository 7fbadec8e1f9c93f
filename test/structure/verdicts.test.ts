// The table of verdicts on RFC 9293 beside the TCP sources: that it is complete, is what the tests say, and that what
// makes it notices every way in which it could lie.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loadVerdicts } from "../conformance/load.ts";
import { NUMBERS, parseRequirements } from "../conformance/requirements.ts";
import { findFaults, judge, TABLE, tableText } from "../conformance/table.ts";
import { type Tag, tagsOf } from "../conformance/tags.ts";
import { filesBelow, ROOT } from "./sources.ts";

describe("the table of verdicts", () => {
  const { rows, faults } = loadVerdicts();

  it("rests on a test or a reason in every row", () => assert.deepEqual(faults, []));

  it("has the 119 numbers of Appendix B: 69 MUST, 31 SHLD, 18 MAY, 1 REC", () => {
    assert.equal(NUMBERS.length, 119);
    assert.deepEqual(rows.map(({ id }) => id).sort(), [...NUMBERS].sort());
    const levels = ["MUST-", "SHLD-", "MAY-", "REC-"];
    const counts = levels.map((level) => rows.filter(({ id }) => id.startsWith(level)).length);
    assert.deepEqual(counts, [69, 31, 18, 1]);
  });

  it("is in the sources as the tests make it; if not: npm run verdicts -- --write", () => {
    assert.equal(readFileSync(join(ROOT, TABLE), "utf8"), tableText(rows));
  });

  it("misses no script that names a requirement elsewhere than in a tag", () => {
    const strays = filesBelow("test/segment", ".pkt").flatMap((path) => {
      const lines = readFileSync(join(ROOT, path), "utf8").split("\n");
      return lines.filter((line) => /\b(MUST|SHLD|MAY|REC)-\d/.test(line) && !line.startsWith("// Shows: "));
    });
    assert.deepEqual(strays, []);
  });
});

// ---- what makes it -----------------------------------------------------------------------------------------------

/** Requirements that say of every number that it does not apply, with these lines instead of those of their numbers. */
function requirementsWith(lines: readonly string[], pending = ""): string {
  const replaced = lines.map((line) => line.split(" ")[0]);
  const others = NUMBERS.filter((id) => !replaced.includes(id)).map((id) => `${id} §1 a rule\n  does not apply: here`);
  return [`Pending: ${pending}`, "== A heading", ...others, ...lines].join("\n");
}

function faultsOf(text: string, tags: readonly Tag[] = []): string[] {
  return findFaults(parseRequirements(text), tags);
}

const TAG: Tag = { id: "MUST-1", path: "test/segment/window/unsigned.pkt", line: 2, title: "A rule" };

describe("what makes the table", () => {
  it("takes a requirement for fulfilled when a test shows it, and fails when none does", () => {
    const text = requirementsWith(["MUST-1 §3.1 a rule"]);
    assert.deepEqual(faultsOf(text, [TAG]), []);
    assert.equal(judge(parseRequirements(text), [TAG]).find(({ id }) => id === "MUST-1")?.verdict, "yes");
    assert.equal(faultsOf(text).length, 1);
    assert.match(faultsOf(text)[0], /^MUST-1 has no test: .*`\/\/ Shows: MUST-1`/);
  });

  it("takes a reason instead of a test, but no no for a MUST", () => {
    assert.deepEqual(faultsOf(requirementsWith(["SHLD-1 §3.4 a rule\n  no: a reason"])), []);
    assert.match(faultsOf(requirementsWith(["MUST-1 §3.1 a rule\n  no: a reason"]))[0], /which no MUST may be/);
  });

  it("lets be pending what is in the list, and only that", () => {
    const pending = ["MUST-1 §3.1 a rule\n  pending: a part"];
    assert.deepEqual(faultsOf(requirementsWith(pending, "MUST-1")), []);
    assert.match(faultsOf(requirementsWith(pending))[0], /^MUST-1 is pending and does not stand in the list/);
    assert.match(faultsOf(requirementsWith([], "MUST-1"))[0], /^MUST-1 stands in the list .* is not pending/);
  });

  it("misses a number that is not there and one that is there twice", () => {
    const text = requirementsWith([]);
    assert.deepEqual(faultsOf(text.replace(/REC-1 .*\n.*$/m, "")), ["REC-1 is missing from requirements.txt."]);
    const twice = `${text}\nMAY-3 §1 a rule\n  no: why`;
    assert.deepEqual(faultsOf(twice), ["MAY-3 stands twice in requirements.txt."]);
  });

  for (const [line, reason] of [
    ["MUST-70 §3.1 a rule", /:2: "MUST-70" is no number/],
    ["MUST-1 3.1 a rule", /:2: a requirement is/],
    ["  no: a reason", /:2: a remark without a number/],
    ["MUST-1 §3.1 a rule\n  perhaps: a reason", /:3: perhaps is a second one, or none of no, /],
    ["MUST-1 §3.1 a rule\n  no: a reason\n  pending: another", /:4: pending is a second one/],
  ] as const) {
    it(`cannot read ${JSON.stringify(line)}`, () => {
      const read = (): unknown => parseRequirements(`== A heading\n${line}`);
      assert.throws(read, { code: "EREQUIREMENTS", message: reason });
    });
  }

  it("finds tags behind the title of a script and above a test", () => {
    const script = "// A rule (RFC 9293 §3.1).\n// Shows: MUST-1, REC-1\n+0 connect\n";
    const found = tagsOf("a.pkt", script).map(({ id, line, title }) => [id, line, title]);
    assert.deepEqual(found, [
      ["MUST-1", 2, "A rule (RFC 9293 §3.1)."],
      ["REC-1", 2, "A rule (RFC 9293 §3.1)."],
    ]);
    const tests = ["  // Shows: MUST-8", `  it("follows a clock", () => {`].join("\n");
    assert.deepEqual(tagsOf("a.spec.ts", tests), [
      { id: "MUST-8", path: "a.spec.ts", line: 1, title: "follows a clock" },
    ]);
  });

  for (const [path, text, reason] of [
    ["a.pkt", "// A rule\n// Shows: MUST-70\n", /^a\.pkt:2: "MUST-70" is no number/],
    ["a.pkt", "// A rule\n// Shows: MUST-1 MUST-2\n", /^a\.pkt:2: "MUST-1 MUST-2" is no number/],
    ["a.pkt", "// A rule\n+0 connect\n// Shows: MUST-1\n", /^a\.pkt:3: a tag stands behind the title/],
    ["a.test.ts", "// Shows: MUST-1\nconst a = 1;\n", /^a\.test\.ts:1: a tag stands right above a test/],
  ] as const) {
    it(`refuses the tag in ${JSON.stringify(text)}`, () => {
      assert.throws(() => tagsOf(path, text), { code: "ETAG", message: reason });
    });
  }
});
