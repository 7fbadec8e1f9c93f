// A reporter for `node --test`: one line for each file as it ends, every failure in full, and all results as JSON in
// the file that THIMBLE_RESULTS names, from which test/run.mjs counts.

import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { inspect } from "node:util";

/** node:test's async generator: test events in, text for the terminal out. Files are expected one after the other. */
export default async function* report(events) {
  const results = [];
  let current = null;
  for await (const { type, data } of events) {
    if (type === "test:stdout" || type === "test:stderr") yield data.message;
    if (type !== "test:pass" && type !== "test:fail") continue;
    const file = fileOf(data);
    if (current?.file !== file) {
      if (current) yield summary(current);
      current = { file, passed: 0, failed: 0, skipped: 0, milliseconds: 0 };
    }
    if (isTest(type, data)) {
      const result = resultOf(type, data, file);
      results.push(result);
      current[result.outcome]++;
      if (result.outcome === "failed" && data.details.error?.failureType !== "cancelledByParent")
        yield failure(data, file);
    }
    if (data.nesting === 0) current.milliseconds += data.details.duration_ms;
  }
  if (current) yield summary(current);
  if (process.env.THIMBLE_RESULTS) writeFileSync(process.env.THIMBLE_RESULTS, JSON.stringify(results));
}

/** Suites only group tests; one counts when it fails by itself, as when its set-up does. */
function isTest(type, data) {
  const failedByItself = type === "test:fail" && data.details.error?.failureType !== "subtestsFailed";
  return data.details.type === "suite" ? failedByItself : failedByItself || type === "test:pass";
}

function resultOf(type, data, file) {
  if (type === "test:fail") return { file, name: data.name, outcome: "failed" };
  const reason = data.skip ?? data.todo;
  if (reason === undefined) return { file, name: data.name, outcome: "passed" };
  return { file, name: data.name, outcome: "skipped", reason: reason === true ? "no reason given" : `${reason}` };
}

function fileOf(data) {
  return data.file ? relative(process.cwd(), data.file) : data.name;
}

function failure(data, file) {
  const error = data.details.error;
  const cause = error?.cause ?? error;
  const text = typeof cause === "string" ? cause : (cause?.stack ?? inspect(cause));
  return `\n  failed: ${file}: ${data.name}\n${text.replace(/^/gm, "    ")}\n\n`;
}

function summary({ file, passed, failed, skipped, milliseconds }) {
  const parts = [`${passed} passed`, failed > 0 && `${failed} FAILED`, skipped > 0 && `${skipped} skipped`];
  return `  ${file}  ${parts.filter(Boolean).join(", ")} (${(milliseconds / 1000).toFixed(1)} s)\n`;
}
