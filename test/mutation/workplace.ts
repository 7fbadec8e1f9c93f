// A folder in which one job works: its own copy of the core's sources, in which one file at a time is changed, and the
// wasm that is made of them. What needs a process of its own runs here: the specs and the tests of the suite.

import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { ROOT } from "../../host/build/firmware.mjs";
import type { Change } from "./compiler.ts";
import { type Snapshot, SPECS } from "./snapshot.ts";
import { Stuck } from "./thread.ts";
import type { Failure } from "./worker.ts";

const SUITE = "suite.mjs";
const AS_PECT = join(ROOT, "node_modules/@as-pect/cli/bin/asp.js");

export class Workplace {
  #changed: string | undefined;
  /** The longest that the specs or the tests have taken, in milliseconds. */
  longest = 0;

  /** Makes `folder` and fills it with what the snapshot holds; `limit`: milliseconds that the specs or the tests may take. */
  constructor(
    readonly folder: string,
    readonly snapshot: Snapshot,
    public limit: number,
  ) {
    for (const [path, text] of [...snapshot.sources, ...snapshot.specs]) this.#write(path, text);
    cpSync(join(folder, "..", SUITE), join(folder, SUITE));
    this.#pointAtPackages();
  }

  #write(path: string, text: string): void {
    mkdirSync(join(this.folder, dirname(path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  // The configuration of as-pect finds packages by a path from itself.
  #pointAtPackages(): void {
    const file = join(this.folder, SPECS, "as-pect.asconfig.json");
    const packages = join(relative(join(this.folder, SPECS), ROOT), "node_modules/");
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(/(\.\.\/)+node_modules\//g, packages));
  }

  /** Makes the sources what they were in the project, but for this change. */
  set(change: Change | null): void {
    const before = this.#changed && this.snapshot.sources.get(this.#changed);
    if (this.#changed && before !== undefined) this.#write(this.#changed, before);
    this.#changed = change?.file;
    if (change) this.#write(change.file, change.text);
  }

  /** Leaves a copy of the sources and the wasm in another folder. */
  copyTo(folder: string): void {
    const isResult = (path: string): boolean => !path.startsWith(join(this.folder, SPECS)) && !path.endsWith(SUITE);
    cpSync(this.folder, folder, { recursive: true, filter: isResult });
  }

  /** Runs the specs that import the changed file, or all when none is changed. Resolves to the first failure. */
  async runSpecs(): Promise<Failure | null> {
    const files = readdirSync(join(this.folder, SPECS)).filter((name) => name.endsWith(".spec.ts"));
    const entries = files.filter((name) => this.#concerns(name)).map((name) => `${SPECS}/${name}`);
    if (entries.length === 0) return null;
    const config = `${SPECS}/chosen.config.js`;
    const text = `import config from "./as-pect.config.js";\nexport default { ...config, entries: ${JSON.stringify(entries)} };\n`;
    writeFileSync(join(this.folder, config), text);
    const args = [AS_PECT, "--no-logo", "-c", config, "-a", `${SPECS}/as-pect.asconfig.json`];
    return this.#run("the specs", args, /^\s*❌ (.*?) - /);
  }

  #concerns(spec: string): boolean {
    if (!this.#changed) return true;
    const imported = this.#changed.replace(/\.ts$/, "");
    return readFileSync(join(this.folder, SPECS, spec), "utf8").includes(`/${imported}"`);
  }

  /** Runs the tests on the wasm that lies in this folder. Resolves to the first failure. */
  runTests(): Promise<Failure | null> {
    return this.#run("the tests", ["--test-reporter=tap", SUITE], /^\s*not ok \d+ - (.*)/);
  }

  /** Runs node here, to the first line that tells of a failure. Rejects with Stuck when that takes too long. */
  #run(where: string, args: string[], sign: RegExp): Promise<Failure | null> {
    return new Promise((resolve, reject) => {
      const began = performance.now();
      const child = spawn(process.execPath, args, { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] });
      const output: string[] = [];
      let what: string | undefined;
      let isLate = false;
      const look = (chunk: Buffer): void => {
        output.push(stripVTControlCharacters(chunk.toString()));
        what ??= findLine(output.join(""), sign);
        if (what !== undefined) child.kill("SIGKILL");
      };
      child.stdout.on("data", look);
      child.stderr.on("data", look);
      const timer = setTimeout(() => {
        isLate = true;
        child.kill("SIGKILL");
      }, this.limit);
      child.on("error", reject);
      child.on("close", (status) => {
        clearTimeout(timer);
        this.longest = Math.max(this.longest, performance.now() - began);
        if (what !== undefined) resolve({ where, what });
        else if (isLate) reject(new Stuck(where, this.limit));
        else if (status === 0) resolve(null);
        else resolve({ where, what: `ended with status ${status}: ${lastLine(output.join(""))}` });
      });
    });
  }
}

function findLine(text: string, sign: RegExp): string | undefined {
  for (const line of text.split("\n").slice(0, -1)) {
    const [, name] = sign.exec(line) ?? [];
    if (name !== undefined) return name;
  }
  return undefined;
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)?.trim() ?? "";
}
