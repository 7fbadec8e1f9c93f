// Collects the tags of the tests: which requirement each says that it shows. A tag is a comment line
//
//   // Shows: MUST-36, SHLD-29
//
// behind the first line of a segment script, or right above a test in a file of tests.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesBelow, ROOT } from "../structure/sources.ts";
import { checkNumber } from "./requirements.ts";

export interface Tag {
  id: string;
  /** Of the file, from the top of the project. */
  path: string;
  line: number;
  /** What the test says of itself. */
  title: string;
}

/** A tag that cannot be read. */
export class TagError extends Error {
  readonly code = "ETAG";
}

const TAG = /^\s*\/\/ Shows: (.*)$/;
/** A test of node's runner or of as-pect, with its title. */
const TEST = /^\s*(?:it|test)\((["'`])(.*?)\1/;

/** Every tag of every test. Throws `TagError`. */
export function collectTags(): Tag[] {
  return filesBelow("test", ".pkt", ".test.ts", ".spec.ts").flatMap((path) =>
    tagsOf(path, readFileSync(join(ROOT, path), "utf8")),
  );
}

/** The tags in one file's text. Throws `TagError`. */
export function tagsOf(path: string, text: string): Tag[] {
  const lines = text.split("\n");
  const isScript = path.endsWith(".pkt");
  return lines.flatMap((line, index) => {
    const [, list] = TAG.exec(line) ?? [];
    if (list === undefined) return [];
    const fail = (sentence: string): never => {
      throw new TagError(`${path}:${index + 1}: ${sentence}`);
    };
    const title = isScript ? titleOfScript(lines, index) : titleOfTest(lines[index + 1] ?? "");
    if (title === undefined) fail(isScript ? "a tag stands behind the title" : "a tag stands right above a test");
    const ids = list.split(",").map((word) => checkNumber(word.trim(), fail));
    return ids.map((id) => ({ id, path, line: index + 1, title: title ?? "" }));
  });
}

// The first line, when nothing but comments stands between it and the tag.
function titleOfScript(lines: readonly string[], tag: number): string | undefined {
  const isHead = tag > 0 && lines.slice(0, tag).every((line) => line.startsWith("//"));
  return isHead ? lines[0]?.replace(/^\/\/\s*/, "") : undefined;
}

// What a title leaves open until the test runs is left open here, too.
function titleOfTest(line: string): string | undefined {
  return TEST.exec(line)?.[2]?.replace(/\$\{[^}]*\}/g, "…");
}
