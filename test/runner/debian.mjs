// The programs that the tests against the Linux kernel and those of boards use, and their installation on Debian where that is possible.

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Program, the Debian package it comes in, and for those that exist in several makes how to know the right one; `some`
 * marks those without which only some of the tests cannot run.
 */
export const PROGRAMS = [
  { program: "ip", debian: "iproute2" },
  { program: "ping", debian: "iputils-ping" },
  { program: "arping", debian: "iputils-arping", ask: "-V", says: /iputils/ },
  { program: "curl", debian: "curl" },
  { program: "nc", debian: "netcat-openbsd", ask: "-h", says: /OpenBSD/ },
  { program: "nmap", debian: "nmap" },
  { program: "tshark", debian: "tshark" },
  { program: "ethtool", debian: "ethtool" },
  { program: "iperf3", debian: "iperf3", some: true },
  { program: "radvd", debian: "radvd", some: true },
  { program: "dnsmasq", debian: "dnsmasq-base", some: true },
  { program: "ndisc6", debian: "ndisc6", some: true },
  { program: "passt", debian: "passt", some: true },
  { program: "nft", debian: "nftables", some: true },
  { program: "atk6-flood_router26", debian: "thc-ipv6", some: true },
  { program: "wrk", debian: "wrk", some: true },
  { program: "h2load", debian: "nghttp2-client", some: true },
  { program: "slowhttptest", debian: "slowhttptest", some: true },
  { program: "nginx", debian: "nginx-light", some: true },
  { program: "redis-server", debian: "redis-server", some: true },
  { program: "mosquitto", debian: "mosquitto", some: true },
  { program: "pg_createcluster", debian: "postgresql", some: true },
  { program: "sshd", debian: "openssh-server", some: true },
];

/** The same for the tests of pages. */
export const PAGE_PROGRAMS = [{ program: "chromium", debian: "chromium", some: true }];

/** The same for the tests of boards: a compiler with its C library, and the boards themselves. */
export const BOARD_PROGRAMS = [
  { program: "arm-none-eabi-gcc", debian: "gcc-arm-none-eabi" },
  {
    program: "arm-none-eabi-gcc",
    debian: "libnewlib-arm-none-eabi",
    ask: "-print-file-name=libc.a",
    says: /\/libc\.a/,
  },
  { program: "qemu-system-arm", debian: "qemu-system-arm" },
];

/** Entries of a list that are not there. */
export function missingPrograms(programs = PROGRAMS) {
  return programs.filter(({ program, ask, says }) => {
    if (!isInstalled(program)) return true;
    if (!ask) return false;
    const { stdout, stderr } = spawnSync(program, [ask], { encoding: "utf8" });
    return !says.test(`${stdout}${stderr}`);
  });
}

function isInstalled(program) {
  // Some live where only root looks.
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Installs what is missing where root and apt-get are there; says what it does. Never fails: tests say what they miss. */
export function installPrograms(programs = PROGRAMS) {
  const missing = missingPrograms(programs);
  if (missing.length === 0 || process.getuid?.() !== 0 || !isInstalled("apt-get")) return;
  const packages = missing.map(({ debian }) => debian);
  process.stderr.write(`thimble: installing for the tests: ${packages.join(" ")} ...\n`);
  // Servers are installed to be run by tests; in this run level, installation starts none of them.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  for (const args of [
    ["update", "-qq"],
    ["install", "-y", "-qq", "--no-install-recommends", ...packages],
  ]) {
    const { status, stdout, stderr, error } = spawnSync("apt-get", args, { env, encoding: "utf8", timeout: 600_000 });
    if (status === 0) continue;
    process.stderr.write(`thimble: apt-get ${args[0]} failed: ${error?.message ?? ""}\n${stdout ?? ""}${stderr ?? ""}`);
    return;
  }
}
