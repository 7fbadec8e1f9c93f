// A Linux kernel beside a Thimble: a network namespace with a TAP, in which the kernel is 10.77.0.1 and the stack
// 10.77.0.2. Both vanish when the network is closed, and at the latest when the process ends.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const KERNEL = "10.77.0.1";
export const STACK = "10.77.0.2";
export const STACK_MAC = "02:00:00:00:77:02";

/** The longest that anything in these tests may take, in milliseconds; a full run moves more bytes. */
export const FULL = process.env.THIMBLE_FULL === "1";
const PATIENCE = FULL ? 900_000 : 240_000;

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const THIMBLE = join(ROOT, "dist/thimble.mjs");
export const TAP = "tap0";
export const BRIDGE = "br0";

/** What a program did. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** From start to end, in milliseconds. */
  readonly took: number;
}

/** What a program reads: nothing, a file by its descriptor, or what the test gives it. */
type Input = "ignore" | "pipe" | number;

export class Network {
  /** A folder for the files of this network's tests; removed with it. */
  readonly folder = mkdtempSync(join(tmpdir(), "thimble-linux-"));
  /** Captures of the stacks that ran, for `checkCapture`. */
  readonly captures: string[] = [];
  readonly #name: string;
  readonly #prefixLength: number;
  readonly #children = new Set<ChildProcess>();
  readonly #atExit = () => this.#remove();

  static #made = 0;

  /** `prefixLength` of the network that both are on: 24, or less to make it larger. */
  constructor(prefixLength = 24) {
    this.#prefixLength = prefixLength;
    this.#name = `thimble-test-${process.pid}-${Network.#made++}`;
    process.on("exit", this.#atExit);
    administer(["netns", "add", this.#name]);
    administer(["-n", this.#name, "link", "set", "lo", "up"]);
    administer(["-n", this.#name, "tuntap", "add", "dev", TAP, "mode", "tap"]);
    administer(["-n", this.#name, "addr", "add", `${KERNEL}/${prefixLength}`, "dev", TAP]);
    administer(["-n", this.#name, "link", "set", TAP, "up"]);
  }

  /** Sets a variable of the namespace's kernel, named as below /proc/sys/net/ipv4. */
  setVariable(name: string, value: number): void {
    const write = `echo ${value} > /proc/sys/net/ipv4/${name}`;
    administer(["netns", "exec", this.#name, "sh", "-c", write]);
  }

  /**
   * Makes the TAP a port of a bridge that looks into IGMP and asks in this version, with these times in hundredths of a
   * second; the kernel's address moves to the bridge.
   */
  putIntoBridge(igmpVersion: number, times: Readonly<Record<string, number>>): void {
    const inside = ["-n", this.#name];
    administer([...inside, "link", "add", BRIDGE, "type", "bridge", "forward_delay", "0"]);
    this.setBridge({ ...times, mcast_igmp_version: igmpVersion, mcast_snooping: 1, mcast_querier: 1 });
    administer([...inside, "addr", "flush", "dev", TAP]);
    administer([...inside, "link", "set", TAP, "master", BRIDGE]);
    administer([...inside, "addr", "add", `${KERNEL}/${this.#prefixLength}`, "dev", BRIDGE]);
    administer([...inside, "link", "set", BRIDGE, "up"]);
  }

  /** Changes properties of the bridge, named as `ip link` names them. */
  setBridge(properties: Readonly<Record<string, number>>): void {
    const words = Object.entries(properties).flatMap(([name, value]) => [name, `${value}`]);
    administer(["-n", this.#name, "link", "set", BRIDGE, "type", "bridge", ...words]);
  }

  /** Starts a program in the namespace. */
  spawn(command: string, args: readonly string[], input: Input = "ignore"): ChildProcess {
    const stdio: ("pipe" | Input)[] = [input, "pipe", "pipe"];
    const child = spawn("ip", ["netns", "exec", this.#name, command, ...args], { cwd: ROOT, stdio });
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

  /**
   * Starts a `thimble` command on the TAP (with `impairments`, behind a bad cable) and waits until it answers. Its
   * frames are captured for `checkCaptures` unless there are too many. Throws with what it printed when it ends instead.
   */
  async thimble(args: readonly string[], impairments = "", captured = true): Promise<ChildProcess> {
    const options = this.#stackOptions(impairments, captured);
    const child = this.spawn(process.execPath, [THIMBLE, ...args, ...options]);
    let said = "";
    child.stdout?.on("data", (chunk) => (said += chunk));
    child.stderr?.on("data", (chunk) => (said += chunk));
    if (await this.untilStackAnswers(() => child.exitCode !== null)) return child;
    child.kill("SIGKILL");
    throw new Error(`thimble ${args.join(" ")} does not answer; it said:\n${said}`);
  }

  /** True as soon as the stack answers a ping; false when it does not for a minute, or `hasEnded` says that it will not. */
  async untilStackAnswers(hasEnded: () => boolean = () => false): Promise<boolean> {
    for (let attempt = 0; attempt < 60 && !hasEnded(); attempt++) {
      const { status } = await this.run("ping", ["-c", "1", "-W", "1", "-q", STACK]);
      if (status === 0) return true;
    }
    return false;
  }

  /** Runs a `thimble` command on the TAP that ends by itself. */
  thimbleToItsEnd(args: readonly string[]): Promise<Outcome> {
    return this.run(process.execPath, [THIMBLE, ...args, ...this.#stackOptions("", true)]);
  }

  /** What a `thimble` command that asks a running stack prints with --json. */
  async ask<T>(stack: ChildProcess, ...args: string[]): Promise<T> {
    const { status, stdout, stderr } = await this.run(process.execPath, [
      ...[THIMBLE, ...args],
      ...["--json", "--stack", `${stack.pid}`],
    ]);
    if (status !== 0) throw new Error(`thimble ${args.join(" ")}: ${stderr}`);
    return JSON.parse(stdout.toString()) as T;
  }

  #stackOptions(impairments: string, captured: boolean): string[] {
    const address = ["--address", `${STACK}/${this.#prefixLength}`, "--mac", STACK_MAC];
    const pcap = captured ? ["--pcap", this.newCapture()] : [];
    return ["--wire", `tap:${TAP}${impairments}`, ...address, ...pcap];
  }

  /** A file that a stack is going to write its frames to. */
  newCapture(): string {
    const capture = join(this.folder, `capture-${this.captures.length}.pcap`);
    this.captures.push(capture);
    return capture;
  }

  /** Ends a `thimble` command as Ctrl-C does, and resolves to its exit code. */
  async stop(child: ChildProcess): Promise<number | null> {
    if (child.exitCode !== null) return child.exitCode;
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    child.kill("SIGINT");
    return ended;
  }

  /** Ends what still runs and removes the namespace, the TAP and the folder. */
  close(): void {
    process.off("exit", this.#atExit);
    this.#remove();
  }

  #remove(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    spawnSync("ip", ["netns", "delete", this.#name]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function administer(args: string[]): void {
  const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr.trim()}`);
}
