// dnsmasq on a machine: a DHCP server, a name server, or both; started, given another configuration, ended.

import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { ETH, type Host } from "./lan.ts";

export class Dnsmasq {
  readonly #host: Host;
  readonly #folder: string;
  #child: ChildProcess | null = null;
  /** Everything that it has said. */
  said = "";

  /** Its files go into `folder`. */
  constructor(host: Host, folder: string) {
    this.#host = host;
    this.#folder = folder;
  }

  /** Resolves when it serves. `options` as on its command line, without the dashes. */
  async start(options: readonly string[]): Promise<void> {
    const fixed = [
      ...["--keep-in-foreground", "--log-facility=-", "--log-dhcp", "--no-resolv", "--no-hosts", "--user=root"],
      ...["--conf-file=/dev/null", "--pid-file=", `--interface=${ETH}`, "--bind-interfaces", "--no-ping"],
      `--dhcp-leasefile=${join(this.#folder, `leases-${this.#host.name}`)}`,
    ];
    const child = this.#host.spawn("dnsmasq", [...fixed, ...options.map((option) => `--${option}`)]);
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        this.said += chunk;
        if (/started, version/.test(this.said)) resolve();
      };
      child.stdout?.on("data", take);
      child.stderr?.on("data", take);
      child.on("close", () => reject(new Error(`dnsmasq has ended; it said:\n${this.said}`)));
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    this.said = "";
    if (!child || child.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    child.kill("SIGTERM");
    await ended;
  }
}
