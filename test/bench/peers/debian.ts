// Debian's packages: the source of one, without a change to the machine's own lists; and a compiler that is not there.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram, runProgram } from "./cache.ts";

const SOURCES = "/etc/apt/sources.list";
const MORE_SOURCES = "/etc/apt/sources.list.d";

/** Fetches and unpacks the source of a package into a new folder of that name in `folder`; resolves to its path. */
export async function fetchSource(name: string, folder: string): Promise<string> {
  const source = join(folder, name);
  if (existsSync(join(source, "debian"))) return source;
  for (const program of ["apt-get", "dpkg-source"]) {
    if (findProgram(program) === null) throw new Error(`there is no ${program} here`);
  }
  const apt = join(folder, "apt");
  rmSync(apt, { recursive: true, force: true });
  const options = isolate(apt);
  const archive = join(apt, "archive");
  mkdirSync(archive);
  await runProgram("apt-get", [...options, "update"]);
  await runProgram("apt-get", [...options, "source", "--only-source", "--download-only", name], { cwd: archive });
  const description = readdirSync(archive).find((file) => file.endsWith(".dsc"));
  if (description === undefined) throw new Error(`apt-get brought no source of ${name}`);
  rmSync(source, { recursive: true, force: true });
  // apt has checked the files against the signed lists.
  await runProgram("dpkg-source", ["--no-check", "-x", join(archive, description), source]);
  return source;
}

/** Options with which apt keeps its lists in that folder, and knows the sources beside each of the machine's packages. */
function isolate(folder: string): string[] {
  const parts = join(folder, "sources");
  for (const name of [parts, join(folder, "lists/partial"), join(folder, "cache/archives/partial")]) {
    mkdirSync(name, { recursive: true });
  }
  if (existsSync(SOURCES)) writeFileSync(join(parts, "machine.list"), sourceEntries(readFileSync(SOURCES, "utf8")));
  const more = existsSync(MORE_SOURCES) ? readdirSync(MORE_SOURCES) : [];
  for (const file of more) {
    if (!/\.(list|sources)$/.test(file)) continue;
    writeFileSync(join(parts, file), sourceEntries(readFileSync(join(MORE_SOURCES, file), "utf8")));
  }
  const settings = {
    "Dir::Etc::SourceList": join(parts, "none"),
    "Dir::Etc::SourceParts": parts,
    "Dir::State::Lists": join(folder, "lists"),
    "Dir::Cache": join(folder, "cache"),
    "APT::Sandbox::User": "",
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

/** The same entries for sources, in both of apt's formats. */
function sourceEntries(text: string): string {
  return text.replace(/^deb(?=\s)/gm, "deb-src").replace(/^(Types:\s*)deb\s*$/gm, "$1deb-src");
}

/** Installs packages where root and apt-get are there, and says so. False when that is not possible or fails. */
export async function installPackages(names: readonly string[]): Promise<boolean> {
  if (process.getuid?.() !== 0 || findProgram("apt-get") === null) return false;
  process.stderr.write(`bench: installing ${names.join(" ")} ...\n`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  try {
    await runProgram("apt-get", ["update", "-qq"], { env });
    await runProgram("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], { env });
    return true;
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    return false;
  }
}
