// radvd on a machine: started, given another configuration, ended.

import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ETH, type Host } from "./lan.ts";

/** What it says of a prefix; seconds. */
export interface Prefix {
  prefix: string;
  valid: number;
  preferred: number;
}

export interface RouterPlan {
  prefixes: readonly Prefix[];
  /** Seconds that it is a router; default a minute. */
  lifetime?: number;
  preference?: "low" | "medium" | "high";
  mtu?: number;
  hopLimit?: number;
  nameServers?: readonly string[];
}

export class Radvd {
  readonly #file: string;
  readonly #host: Host;
  #child: ChildProcess | null = null;

  /** Its files go into `folder`. The host has to forward. */
  constructor(host: Host, folder: string) {
    this.#host = host;
    this.#file = join(folder, `radvd-${host.name}`);
  }

  start(plan: RouterPlan): void {
    this.#write(plan);
    const files = ["-C", `${this.#file}.conf`, "-p", `${this.#file}.pid`];
    this.#child = this.#host.spawn("radvd", ["-n", "-m", "stderr", ...files]);
  }

  /** It reads this, and says it at once. */
  change(plan: RouterPlan): void {
    this.#write(plan);
    this.#child?.kill("SIGHUP");
  }

  /** Lets it say that it is no router any more, and end. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    child.kill("SIGTERM");
    await ended;
  }

  #write(plan: RouterPlan): void {
    const { prefixes, lifetime = 60, preference = "medium", mtu = 0, hopLimit = 64, nameServers = [] } = plan;
    const lines = [
      `interface ${ETH} {`,
      "AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; MinDelayBetweenRAs 3;",
      `AdvDefaultLifetime ${lifetime}; AdvDefaultPreference ${preference};`,
      `AdvLinkMTU ${mtu}; AdvCurHopLimit ${hopLimit};`,
      ...prefixes.map(
        ({ prefix, valid, preferred }) =>
          `prefix ${prefix} { AdvValidLifetime ${valid}; AdvPreferredLifetime ${preferred}; };`,
      ),
      nameServers.length > 0 ? `RDNSS ${nameServers.join(" ")} { AdvRDNSSLifetime 60; };` : "",
      "};",
    ];
    writeFileSync(`${this.#file}.conf`, `${lines.join("\n")}\n`);
  }
}
