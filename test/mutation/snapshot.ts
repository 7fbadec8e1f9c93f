// What a run works on, as it was when the run began: editing goes on meanwhile, and every mutant must meet the same.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../host/build/firmware.mjs";

export const SPECS = "test/unit";
const SCRIPTS = "test/segment";

/** Texts by their paths from the top of the project. */
export interface Snapshot {
  /** What the compiler reads: the core, the profiles and the configuration. */
  sources: ReadonlyMap<string, string>;
  /** The specs and their configuration. */
  specs: ReadonlyMap<string, string>;
  /** The segment scripts. */
  scripts: ReadonlyMap<string, string>;
}

export function takeSnapshot(): Snapshot {
  return {
    sources: readAll(["asconfig.json", ...filesBelow("assembly", ".ts"), ...filesBelow("boards", ".ts")]),
    specs: readAll(filesBelow(SPECS, ".ts", ".js", ".json")),
    scripts: readAll(filesBelow(SCRIPTS, ".pkt")),
  };
}

function filesBelow(folder: string, ...endings: string[]): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => join(folder, name))
    .sort();
}

function readAll(paths: readonly string[]): Map<string, string> {
  return new Map(paths.map((path) => [path, readFileSync(join(ROOT, path), "utf8")]));
}
