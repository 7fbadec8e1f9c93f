// Runs the `thimble` command as it was built (node host/build/ready.mjs), as a process of its own.

import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COMMAND = [join(ROOT, "dist/thimble.mjs")];
const PATIENCE_MS = 60_000;

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

let wires = 0;

/** Both ends of a wire between two processes, as --wire takes them: UDP on ports that no other test has. */
export function wirePair(): [left: string[], right: string[]] {
  const port = 20_000 + (process.pid % 2000) * 10 + 2 * wires++;
  return [
    ["--wire", `dgram:${port}/${port + 1}`],
    ["--wire", `dgram:${port + 1}/${port}`],
  ];
}

/** A place for the sockets of running stacks that no other test, and no stack of the user, has part in. */
export class Runtime {
  readonly folder = mkdtempSync(join(tmpdir(), "thimble-cli-"));
  readonly env: NodeJS.ProcessEnv;
  readonly #running: ChildProcess[] = [];

  constructor() {
    // What the caller's terminal is like must not matter.
    const { FORCE_COLOR: _, NO_COLOR: __, ...rest } = process.env;
    this.env = { ...rest, XDG_RUNTIME_DIR: this.folder };
  }

  /** Runs a command to its end. */
  run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    return finished(this.#spawn(args, env), args);
  }

  /** Runs a command to its end that reads `input` from its standard input. */
  feed(args: readonly string[], input: Buffer | string): Promise<Outcome> {
    const child = this.#spawn(args, {}, "pipe");
    child.stdin?.end(input);
    return finished(child, args);
  }

  /** Starts a command that runs until it is stopped; resolves when its output matches. */
  async start(args: readonly string[], ready: RegExp): Promise<Running> {
    const running = new Running(this.#spawn(args, {}), args);
    this.#running.push(running.child);
    await running.says(ready);
    return running;
  }

  /** Ends what still runs and removes the folder. */
  close(): void {
    for (const child of this.#running) child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  #spawn(args: readonly string[], env: NodeJS.ProcessEnv, input: "ignore" | "pipe" = "ignore"): ChildProcess {
    const options: SpawnOptions = { cwd: ROOT, env: { ...this.env, ...env }, stdio: [input, "pipe", "pipe"] };
    return spawn(process.execPath, [...COMMAND, ...args], options);
  }
}

/** A command that runs. */
export class Running {
  readonly child: ChildProcess;
  readonly #outcome: Promise<Outcome>;
  #said = "";

  constructor(child: ChildProcess, args: readonly string[]) {
    this.child = child;
    const collect = (chunk: Buffer): void => {
      this.#said += chunk.toString();
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    this.#outcome = finished(child, args);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Resolves when what it has printed so far matches; rejects when it ends before. */
  async says(pattern: RegExp): Promise<void> {
    let hasEnded = false;
    void this.#outcome.then(() => {
      hasEnded = true;
    });
    while (!pattern.test(this.#said)) {
      if (hasEnded) throw new Error(`It ended without saying ${pattern}:\n${this.#said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Resolves to how it ended, by itself. */
  ended(): Promise<Outcome> {
    return this.#outcome;
  }

  /** Sends a signal and resolves to how it ended. */
  stop(signal: NodeJS.Signals = "SIGINT"): Promise<Outcome> {
    this.child.kill(signal);
    return this.#outcome;
  }
}

function finished(child: ChildProcess, args: readonly string[]): Promise<Outcome> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`thimble ${args.join(" ")} did not end; it said:\n${Buffer.concat([...stdout, ...stderr])}`));
    }, PATIENCE_MS);
    child.on("error", reject);
    child.on("close", (status) => {
      clearTimeout(timer);
      resolve({ status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}
