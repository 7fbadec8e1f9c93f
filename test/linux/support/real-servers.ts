// Servers of Debian, each with its own configuration in a folder of its own, in the namespace of a test: started, waited for,
// and stopped again.

import { type ChildProcess, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { CERTIFICATE, KEY } from "../../node-api/certificate.ts";
import { KERNEL, type Network } from "./network.ts";

export interface RealServer {
  /** Of test/runner/debian.mjs. */
  readonly program: string;
  readonly port: number;
  /** Prepares `folder`, which is empty, and returns the command that serves until it is ended. */
  command(folder: string): string[];
}

const TRIES = 200;
const TRY_AGAIN_MS = 50;

export const nginx: RealServer = {
  program: "nginx",
  port: 80,
  command: (folder) => {
    const page = "<title>Thimble's neighbour</title>".padEnd(50_000, "x");
    writeFileSync(join(folder, "index.html"), page);
    writeFileSync(join(folder, "certificate"), CERTIFICATE);
    writeFileSync(join(folder, "secret"), KEY);
    const lines = [
      "user root; daemon off; worker_processes 1;",
      `pid ${folder}/pid; error_log stderr; events {}`,
      `http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;`,
      `  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;`,
      `  ssl_certificate ${folder}/certificate; ssl_certificate_key ${folder}/secret;`,
      `  server { listen ${KERNEL}:80; listen ${KERNEL}:443 ssl http2; root ${folder};`,
      "    add_header x-protocol $server_protocol; } }",
    ];
    return ["nginx", "-e", "stderr", "-c", configuration(folder, lines)];
  },
};

export const redis: RealServer = {
  program: "redis-server",
  port: 6379,
  command: (folder) => {
    const lines = [`bind ${KERNEL}`, "protected-mode no", 'save ""', `dir ${folder}`];
    return ["redis-server", configuration(folder, lines)];
  },
};

export const mosquitto: RealServer = {
  program: "mosquitto",
  port: 1883,
  command: (folder) => {
    const lines = [`listener 1883 ${KERNEL}`, "allow_anonymous true", "user root"];
    return ["mosquitto", "-c", configuration(folder, lines)];
  },
};

/** Its owner must not be root. */
const AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];

export const postgres: RealServer = {
  program: "pg_createcluster",
  port: 5432,
  command: (folder) => {
    chmodSync(folder, 0o755);
    const data = join(folder, "data");
    mkdirSync(data);
    prepare(["chown", "postgres", data]);
    const programs = postgresPrograms();
    prepare([...AS_POSTGRES, join(programs, "initdb"), "-D", data, "-A", "trust", "--no-sync"]);
    writeFileSync(join(data, "pg_hba.conf"), "host all all samenet trust\n");
    const settings = [`listen_addresses=${KERNEL}`, `unix_socket_directories=${data}`, "fsync=off"];
    return [...AS_POSTGRES, join(programs, "postgres"), "-D", data, ...settings.flatMap((setting) => ["-c", setting])];
  },
};

// Debian keeps each version's in a folder of its own, out of the way.
function postgresPrograms(): string {
  const versions = "/usr/lib/postgresql";
  const newest = readdirSync(versions).sort((a, b) => Number(b) - Number(a))[0];
  return join(versions, newest, "bin");
}

/** The private key that it lets in, in the server's folder. */
export const SSH_KEY = "key";

export const sshd: RealServer = {
  program: "sshd",
  port: 22,
  command: (folder) => {
    const key = join(folder, SSH_KEY);
    prepare(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
    prepare(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(folder, "host")]);
    // The server changes its root to this when it looks at what a stranger sends.
    if (!existsSync("/run/sshd")) mkdirSync("/run/sshd", { mode: 0o755 });
    const lines = [
      ...[
        `ListenAddress ${KERNEL}`,
        `HostKey ${folder}/host`,
        `AuthorizedKeysFile ${key}.pub`,
        `PidFile ${folder}/pid`,
      ],
      ...["PermitRootLogin prohibit-password", "StrictModes no", "UsePAM no", "Subsystem sftp internal-sftp"],
    ];
    return ["/usr/sbin/sshd", "-D", "-e", "-f", configuration(folder, lines)];
  },
};

/** Starts a server and waits until its port is open. Throws with what it said when it ends instead. */
export async function startServer(network: Network, { command, port, program }: RealServer): Promise<RunningServer> {
  const folder = join(network.folder, program);
  mkdirSync(folder);
  chmodSync(network.folder, 0o755);
  const [file, ...args] = command(folder);
  const child = network.spawn(file, args);
  let said = "";
  child.stdout?.on("data", (chunk) => (said += chunk));
  child.stderr?.on("data", (chunk) => (said += chunk));
  for (let i = 0; i < TRIES && child.exitCode === null; i++) {
    const { status } = await network.run("nc", ["-z", KERNEL, `${port}`]);
    if (status === 0) return new RunningServer(child, folder);
    await setTimeout(TRY_AGAIN_MS);
  }
  child.kill("SIGKILL");
  throw new Error(`${program} does not serve port ${port}; it said:\n${said}`);
}

export class RunningServer {
  readonly folder: string;
  #child: ChildProcess;

  constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.folder = folder;
  }

  /** Asks it to end, and waits for that. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGTERM");
    await ended;
  }
}

function configuration(folder: string, lines: readonly string[]): string {
  const path = join(folder, "conf");
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

function prepare([command, ...args]: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8", cwd: "/" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr}`);
}
