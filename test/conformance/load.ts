// The table as the project's files say it.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseRequirements } from "./requirements.ts";
import { findFaults, judge, type Row } from "./table.ts";
import { collectTags } from "./tags.ts";

const REQUIREMENTS = fileURLToPath(new URL("requirements.txt", import.meta.url));

/** Reads requirements and tags. Throws `RequirementsError` and `TagError`. */
export function loadVerdicts(): { rows: Row[]; faults: string[] } {
  const requirements = parseRequirements(readFileSync(REQUIREMENTS, "utf8"));
  const tags = collectTags();
  return { rows: judge(requirements, tags), faults: findFaults(requirements, tags) };
}
