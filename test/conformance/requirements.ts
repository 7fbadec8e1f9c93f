// Reads requirements.txt: what RFC 9293 asks for, number by number, and what only a person can say about it. The file
// explains its notation. Every error is a `RequirementsError` that names the line.

/** What stands at a requirement instead of tests, or beside them. */
export const EXCEPTIONS = ["no", "does not apply", "pending"] as const;
export type ExceptionKind = (typeof EXCEPTIONS)[number];

export interface Requirement {
  /** The number, as in "MUST-37". */
  id: string;
  /** The heading of Appendix B that it stands under. */
  group: string;
  /** Of the RFC, as in "3.8.6.1". */
  section: string;
  /** What it asks for, in our words. */
  rule: string;
  exception: { kind: ExceptionKind; reason: string } | undefined;
  note: string | undefined;
}

export interface Requirements {
  all: Requirement[];
  /** The numbers whose verdict may be "pending". */
  mayBePending: string[];
}

/** How many numbers of each level Appendix B has; they run on from 1. */
const LEVELS = { MUST: 69, SHLD: 31, MAY: 18, REC: 1 } as const;

/** Every number of Appendix B. */
export const NUMBERS: readonly string[] = Object.entries(LEVELS).flatMap(([level, most]) =>
  Array.from({ length: most }, (_, i) => `${level}-${i + 1}`),
);

/** A file of requirements that cannot be read. */
export class RequirementsError extends Error {
  readonly code = "EREQUIREMENTS";
  constructor(
    readonly line: number,
    sentence: string,
  ) {
    super(`requirements.txt:${line}: ${sentence}`);
  }
}

interface LogicalLine {
  text: string;
  line: number;
}

/** Reads the text of requirements.txt. Throws `RequirementsError`. */
export function parseRequirements(text: string): Requirements {
  const requirements: Requirements = { all: [], mayBePending: [] };
  let group: string | undefined;
  for (const { text: whole, line } of logicalLines(text)) {
    const fail = (sentence: string): never => {
      throw new RequirementsError(line, sentence);
    };
    const latest = requirements.all.at(-1);
    if (whole.startsWith("== ")) group = whole.slice(3).trim();
    else if (whole.startsWith("Pending:")) requirements.mayBePending.push(...readIds(whole.slice(8), fail));
    else if (whole.startsWith("  "))
      addRemark(latest ?? fail("a remark without a number above it"), whole.trim(), fail);
    else requirements.all.push(readRequirement(whole, group ?? fail("a number without a heading above it"), fail));
  }
  return requirements;
}

type Fail = (sentence: string) => never;

/** Lines without comments and empty ones, each with what goes on below it. */
function logicalLines(text: string): LogicalLine[] {
  const lines: LogicalLine[] = [];
  for (const [index, whole] of text.split("\n").entries()) {
    const latest = lines.at(-1);
    if (whole.startsWith("#") || whole.trim() === "") continue;
    if (whole.startsWith("    ") && latest) latest.text += ` ${whole.trim()}`;
    else lines.push({ text: whole.trimEnd(), line: index + 1 });
  }
  return lines;
}

function readIds(text: string, fail: Fail): string[] {
  const ids = text.split(/\s+/).filter((word) => word !== "");
  return ids.map((id) => checkNumber(id, fail));
}

/** The number, when Appendix B has it. */
export function checkNumber(id: string, fail: Fail): string {
  return NUMBERS.includes(id) ? id : fail(`"${id}" is no number of RFC 9293's Appendix B`);
}

function readRequirement(text: string, group: string, fail: Fail): Requirement {
  const [, id = "", section = "", rule = ""] =
    /^(\S+) §(\d+(?:\.\d+)*) (\S.*)$/.exec(text) ?? fail("a requirement is `NUMBER §SECTION rule`");
  checkNumber(id, fail);
  return { id, group, section, rule, exception: undefined, note: undefined };
}

function addRemark(requirement: Requirement, text: string, fail: Fail): void {
  const [, key = "", remark = ""] =
    /^([a-z ]+): (\S.*)$/.exec(text) ?? fail("a remark is `no: …` or one of the others");
  const kind = EXCEPTIONS.find((each) => each === key);
  if (kind && requirement.exception === undefined) requirement.exception = { kind, reason: remark };
  else if (key === "note" && requirement.note === undefined) requirement.note = remark;
  else fail(`${key} is a second one, or none of ${EXCEPTIONS.join(", ")}, note`);
}
