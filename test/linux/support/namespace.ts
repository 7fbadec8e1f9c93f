// A network namespace of the kernel, with the programs that run in it. It vanishes with them when it is closed, and at
// the latest when the process ends.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The longest that anything in these tests may take, in milliseconds; a full run moves more bytes. */
export const FULL = process.env.THIMBLE_FULL === "1";
const PATIENCE = FULL ? 900_000 : 240_000;

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** What a program did. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** From start to end, in milliseconds. */
  readonly took: number;
}

/** What a program reads: nothing, a file by its descriptor, or what the test gives it. */
export type Input = "ignore" | "pipe" | number;

export class Namespace {
  readonly name: string;
  readonly #children = new Set<ChildProcess>();
  readonly #atExit = () => this.remove();

  static #made = 0;

  constructor() {
    this.name = `thimble-test-${process.pid}-${Namespace.#made++}`;
    process.on("exit", this.#atExit);
    administer(["netns", "add", this.name]);
    this.administer(["link", "set", "lo", "up"]);
  }

  /** Runs an `ip` command on the namespace. Throws with what it says when it fails. */
  administer(args: readonly string[]): void {
    administer(["-n", this.name, ...args]);
  }

  /** Sets a variable of the namespace's kernel, named as below /proc/sys/net. */
  setKernel(variable: string, value: number): void {
    administer(["netns", "exec", this.name, "sh", "-c", `echo ${value} > /proc/sys/net/${variable}`]);
  }

  /** Starts a program in the namespace. */
  spawn(command: string, args: readonly string[], input: Input = "ignore"): ChildProcess {
    const stdio: ("pipe" | Input)[] = [input, "pipe", "pipe"];
    const child = spawn("ip", ["netns", "exec", this.name, command, ...args], { cwd: ROOT, stdio });
    this.#children.add(child);
    child.on("close", () => this.#children.delete(child));
    return child;
  }

  /** Starts a script of this folder in the namespace; `order` says what it is to do. Its standard input is a pipe. */
  script(file: string, order: object): ChildProcess {
    const path = join(ROOT, "test/linux/support", file);
    return this.spawn(process.execPath, ["--import", "tsx", path, JSON.stringify(order)], "pipe");
  }

  /** Runs a program in the namespace to its end; `inputFile` is what it reads from its standard input. */
  async run(command: string, args: readonly string[], inputFile?: string): Promise<Outcome> {
    const start = performance.now();
    const child = this.spawn(command, args, inputFile === undefined ? "ignore" : openSync(inputFile, "r"));
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on("data", (chunk) => stdout.push(chunk));
    child.stderr?.on("data", (chunk) => stderr.push(chunk));
    const impatience = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    clearTimeout(impatience);
    const took = performance.now() - start;
    return { status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString(), took };
  }

  /** Ends what still runs and removes the namespace with all that is in it. */
  close(): void {
    process.off("exit", this.#atExit);
    this.remove();
  }

  protected remove(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    spawnSync("ip", ["netns", "delete", this.name]);
  }
}

export function administer(args: readonly string[]): void {
  const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr.trim()}`);
}
