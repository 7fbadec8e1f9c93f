// A Linux kernel beside a Thimble: a network namespace with a TAP, in which the kernel is 10.77.0.1 and the stack
// 10.77.0.2.

import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Namespace, type Outcome, ROOT } from "./namespace.ts";

export { FULL } from "./namespace.ts";

export const KERNEL = "10.77.0.1";
export const STACK = "10.77.0.2";
export const KERNEL_6 = "fd77::1";
export const STACK_6 = "fd77::2";
export const STACK_MAC = "02:00:00:00:77:02";

const THIMBLE = join(ROOT, "dist/thimble.mjs");
export const TAP = "tap0";
export const BRIDGE = "br0";

export class Network extends Namespace {
  /** A folder for the files of this network's tests; removed with it. */
  readonly folder = mkdtempSync(join(tmpdir(), "thimble-linux-"));
  /** Captures of the stacks that ran, for `checkCapture`. */
  readonly captures: string[] = [];
  readonly #prefixLength: number;

  /** `prefixLength` of the network that both are on: 24, or less to make it larger. */
  constructor(prefixLength = 24) {
    super();
    this.#prefixLength = prefixLength;
    this.administer(["tuntap", "add", "dev", TAP, "mode", "tap"]);
    this.administer(["addr", "add", `${KERNEL}/${prefixLength}`, "dev", TAP]);
    this.administer(["link", "set", TAP, "up"]);
  }

  /** Sets a variable of the namespace's kernel, named as below /proc/sys/net/ipv4. */
  setVariable(name: string, value: number): void {
    this.setKernel(`ipv4/${name}`, value);
  }

  /** Gives the kernel an IPv6 address besides, such as "2001:db8::1/64", which it uses at once. */
  addAddress6(cidr: string): void {
    this.administer(["addr", "add", cidr, "dev", TAP, "nodad"]);
  }

  /**
   * Makes the TAP a port of a bridge that looks into IGMP and MLD and asks, with these properties as `ip link` names them;
   * the kernel's address moves to the bridge, which has an IPv6 address besides.
   */
  putIntoBridge(properties: Readonly<Record<string, number>>): void {
    this.administer(["link", "add", BRIDGE, "type", "bridge", "forward_delay", "0"]);
    this.setBridge({ ...properties, mcast_snooping: 1, mcast_querier: 1 });
    this.administer(["addr", "flush", "dev", TAP]);
    this.administer(["link", "set", TAP, "master", BRIDGE]);
    this.administer(["addr", "add", `${KERNEL}/${this.#prefixLength}`, "dev", BRIDGE]);
    this.administer(["addr", "add", `${KERNEL_6}/64`, "dev", BRIDGE, "nodad"]);
    this.administer(["link", "set", BRIDGE, "up"]);
  }

  /** Changes properties of the bridge. */
  setBridge(properties: Readonly<Record<string, number>>): void {
    const words = Object.entries(properties).flatMap(([name, value]) => [name, `${value}`]);
    this.administer(["link", "set", BRIDGE, "type", "bridge", ...words]);
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

  /** Runs a `thimble` command on the TAP that ends by itself; its frames are captured unless there are too many. */
  thimbleToItsEnd(args: readonly string[], captured = true): Promise<Outcome> {
    return this.run(process.execPath, [THIMBLE, ...args, ...this.#stackOptions("", captured)]);
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

  protected override remove(): void {
    super.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
