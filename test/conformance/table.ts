// Joins requirements and tags to verdicts, finds what does not fit, and writes the table.

import { posix } from "node:path";
import { type ExceptionKind, NUMBERS, type Requirement, type Requirements } from "./requirements.ts";
import type { Tag } from "./tags.ts";

/** Where the table lies: beside the sources that it judges. */
export const TABLE = "assembly/transport/tcp/VERDICTS.md";

export type Verdict = "yes" | ExceptionKind;

export interface Row {
  id: string;
  group: string;
  section: string;
  rule: string;
  verdict: Verdict;
  /** The reason of a verdict other than "yes", and what else there is to know. */
  why: string;
  tests: { path: string; title: string }[];
}

/** The verdict on every requirement, in the order of Appendix B. */
export function judge(requirements: Requirements, tags: readonly Tag[]): Row[] {
  return requirements.all.map(({ id, group, section, rule, exception, note }) => ({
    id,
    group,
    section,
    rule,
    verdict: exception?.kind ?? "yes",
    why: [exception?.reason, note].filter((text) => text !== undefined).join(" "),
    tests: testsFor(id, tags),
  }));
}

// One entry for each file; a file with several tests of it has all their titles.
function testsFor(id: string, tags: readonly Tag[]): Row["tests"] {
  const own = tags.filter((tag) => tag.id === id);
  const paths = [...new Set(own.map(({ path }) => path))].sort();
  return paths.map((path) => {
    const titles = own.filter((tag) => tag.path === path).map(({ title }) => title);
    return { path, title: titles.join("; ") };
  });
}

/** What does not fit together, each in a sentence; none when the table may stand. */
export function findFaults(requirements: Requirements, tags: readonly Tag[]): string[] {
  return [
    ...wrongNumbers(requirements.all),
    ...requirements.all.flatMap((requirement) => faultsOf(requirement, requirements, tags)),
    ...requirements.mayBePending
      .filter((id) => !requirements.all.some((each) => each.id === id && each.exception?.kind === "pending"))
      .map((id) => `${id} stands in the list of what may be pending and is not pending; take it out.`),
  ];
}

function wrongNumbers(all: readonly Requirement[]): string[] {
  const ids = all.map(({ id }) => id);
  return [
    ...NUMBERS.filter((id) => !ids.includes(id)).map((id) => `${id} is missing from requirements.txt.`),
    ...ids.filter((id, i) => ids.indexOf(id) < i).map((id) => `${id} stands twice in requirements.txt.`),
  ];
}

function faultsOf({ id, exception }: Requirement, { mayBePending }: Requirements, tags: readonly Tag[]): string[] {
  if (exception === undefined) {
    if (tags.some((tag) => tag.id === id)) return [];
    return [`${id} has no test: tag one that shows it with \`// Shows: ${id}\`, or say in requirements.txt why not.`];
  }
  if (exception.kind === "no" && id.startsWith("MUST-")) return [`${id} is answered with "no", which no MUST may be.`];
  if (exception.kind === "pending" && !mayBePending.includes(id))
    return [`${id} is pending and does not stand in the list of what may be.`];
  return [];
}

// ---- the table ---------------------------------------------------------------------------------------------------

const LEVELS: readonly [name: string, prefixes: readonly string[]][] = [
  ["MUST, MUST NOT", ["MUST-"]],
  ["SHOULD, SHOULD NOT", ["SHLD-", "REC-"]],
  ["MAY", ["MAY-"]],
];
const VERDICTS: readonly Verdict[] = ["yes", "no", "does not apply", "pending"];

const INTRODUCTION = `# What RFC 9293 asks for, and what Thimble's TCP does

Every numbered requirement of the TCP specification, in the order and under the headings of its Appendix B, with the
verdict on it. **Yes** stands only where a test shows it: the table is made from tags in the tests, and \`npm test\` fails
when a requirement has neither a test nor a reason, or when this file is not what the tests say. \`npm run verdicts -- --help\`
tells how to read it as data and how to make it anew; it is not edited by hand.
`;

/** The whole file in Markdown. */
export function tableText(rows: readonly Row[]): string {
  const groups = [...new Set(rows.map(({ group }) => group))];
  const parts = groups.map((group) =>
    groupText(
      group,
      rows.filter((row) => row.group === group),
    ),
  );
  return [INTRODUCTION, totalsText(rows), ...parts].join("\n");
}

function totalsText(rows: readonly Row[]): string {
  const shown = VERDICTS.filter((verdict) => verdict !== "pending" || rows.some((row) => row.verdict === verdict));
  const lines = LEVELS.map(([name, prefixes]) => {
    const own = rows.filter(({ id }) => prefixes.some((prefix) => id.startsWith(prefix)));
    const counts = shown.map((verdict) => own.filter((row) => row.verdict === verdict).length);
    return `| ${[name, ...counts, own.length].join(" | ")} |`;
  });
  return [`| | ${shown.join(" | ")} | all |`, `|---|${"--:|".repeat(shown.length + 1)}`, ...lines, ""].join("\n");
}

function groupText(group: string, rows: readonly Row[]): string {
  const lines = rows.map(({ id, section, rule, verdict, why, tests }) => {
    const links = tests.map(({ path, title }) => linkText(path, title)).join(", ");
    const emphasized = verdict === "yes" ? verdict : `**${verdict}**`;
    return `| ${id} | ${section} | ${cell(rule)} | ${emphasized} | ${cell(why)} | ${links} |`;
  });
  return [
    `## ${group}`,
    "",
    "| | § | Rule | Verdict | Why, and what to know | Shown by |",
    "|---|---|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}

function linkText(path: string, title: string): string {
  const name = path.replace(/^test\/(segment\/)?/, "").replace(/(\.pkt|\.test\.ts|\.spec\.ts)$/, "");
  return `[${name}](${posix.relative(posix.dirname(TABLE), path)} "${cell(title).replaceAll('"', "'")}")`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
