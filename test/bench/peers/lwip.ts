// lwIP: Debian's source, compiled by gcc for this machine and by clang for wasm, with two checksums each.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../host/build/firmware.mjs";
import { cacheFolder, findProgram, fingerprint, runProgram } from "./cache.ts";
import type { Arrangement, Contestant, Offer } from "./contestant.ts";
import { fetchSource, installPackages } from "./debian.ts";
import { oneInstance, twoInstances } from "./lwip-wasm.ts";
import { nativeTrial } from "./native.ts";
import type { Work } from "./works.ts";

const DRIVER = join(ROOT, "test/bench/peers/lwip");
/** All of IPv4; what an option leaves out is empty then. */
const PARTS = ["core", "core/ipv4"];
const SINGLE_FILES = ["netif/ethernet.c"];
/** Versions of clang as Debian names them, newest first. */
const CLANGS = ["clang", ...Array.from({ length: 12 }, (_, i) => `clang-${22 - i}`)];
const CLANG_PACKAGES = [
  ["clang-19", "lld-19"],
  ["clang", "lld"],
];
const CHECKSUMS = { "": true, "-stock": false } as const;

interface Compiler {
  readonly program: string;
  readonly options: readonly string[];
  readonly files: readonly string[];
  /** Of its output. */
  readonly suffix: string;
}

/** Options for wasm32 without a C library: our few headers and functions stand in for it. */
const WASM = {
  options: [
    ...["--target=wasm32", "-O3", "-mbulk-memory", "-ffreestanding", "-nostdlib", "-I", join(DRIVER, "wasm/include")],
    ...["-Wl,--no-entry", "-Wl,--export-memory", "-Wl,-z,stack-size=65536"],
  ],
  files: ["wasm/platform.c"],
  suffix: ".wasm",
};
const NATIVE = { options: ["-O2"], files: ["native.c"], suffix: "" };

/** Fetches and builds what is not built yet; `say` is told what is being done. */
export async function lwipOffer(say: (what: string) => void): Promise<Offer> {
  let source: string;
  try {
    say("fetching the source of lwIP");
    source = await fetchSource("lwip", cacheFolder("lwip"));
  } catch (error) {
    const reason = (error as Error).message;
    return {
      contestants: [],
      configuration: [],
      missing: [
        { name: "lwip-wasm", reason },
        { name: "lwip-native", reason },
      ],
    };
  }
  const [wasm, native] = [await wasmOffer(source, say), await nativeOffer(source, say)];
  return {
    contestants: [...wasm.contestants, ...native.contestants],
    configuration: [
      `lwip: ${versionOf(source)} of Debian, NO_SYS, raw API, window and send buffer alike (test/bench/peers/lwip/lwipopts.h)`,
      ...wasm.configuration,
      ...native.configuration,
      "  -stock: lwIP's own checksum; without: 32-bit words into 64-bit sums, sixteen in a turn",
    ],
    missing: [...wasm.missing, ...native.missing],
  };
}

async function wasmOffer(source: string, say: (what: string) => void): Promise<Offer> {
  const program = await findWasmClang(say);
  if (program === null)
    return missing("lwip-wasm", "there is no clang with wasm-ld here: Debian's clang and lld have them");
  const compiler = { program, ...WASM };
  const contestants = Object.entries(CHECKSUMS).flatMap(([suffix, isGood]): Contestant[] => {
    const contestant = (arrangement: Arrangement, start: typeof oneInstance): Contestant => ({
      name: `lwip-wasm${suffix}`,
      arrangement,
      prepare: async (work) => start(await moduleOf(await compile(compiler, source, work, isGood, say)), work),
    });
    return [contestant("one", oneInstance), contestant("two", twoInstances)];
  });
  return { contestants, configuration: [`  lwip-wasm: ${await versionLine(program)}, -O3, bulk memory`], missing: [] };
}

async function nativeOffer(source: string, say: (what: string) => void): Promise<Offer> {
  const program = findProgram("gcc");
  if (program === null) return missing("lwip-native", "there is no gcc here");
  const compiler = { program, ...NATIVE };
  const contestants = Object.entries(CHECKSUMS).map(
    ([suffix, isGood]): Contestant => ({
      name: `lwip-native${suffix}`,
      arrangement: "native",
      prepare: async (work) => nativeTrial(await compile(compiler, source, work, isGood, say), work),
    }),
  );
  return { contestants, configuration: [`  lwip-native: ${await versionLine(program)}, -O2`], missing: [] };
}

function missing(name: string, reason: string): Offer {
  return { contestants: [], configuration: [], missing: [{ name, reason }] };
}

const modules = new Map<string, Promise<WebAssembly.Module>>();

function moduleOf(path: string): Promise<WebAssembly.Module> {
  const known = modules.get(path) ?? WebAssembly.compile(readFileSync(path));
  modules.set(path, known);
  return known;
}

/** Compiles lwIP with the driver for the window of a work, unless that is done already; resolves to the output's path. */
async function compile(
  compiler: Compiler,
  source: string,
  work: Work,
  isGood: boolean,
  say: (what: string) => void,
): Promise<string> {
  const settings = [`-DBENCH_WINDOW=${work.window}`, `-DBENCH_GOOD_CHECKSUM=${isGood ? 1 : 0}`];
  const args = ["-std=gnu11", ...compiler.options, ...settings, "-I", DRIVER, "-I", join(source, "src/include")];
  const version = await runProgram(compiler.program, ["--version"]);
  const name = fingerprint([DRIVER, join(source, "debian/changelog")], [compiler.program, version, ...args]);
  const folder = cacheFolder("lwip", "built");
  const output = join(folder, `lwip-${name}${compiler.suffix}`);
  if (existsSync(output)) return output;
  say(`compiling lwIP, window ${work.window}, ${isGood ? "good" : "stock"} checksum`);
  mkdirSync(folder, { recursive: true });
  const unfinished = `${output}.${process.pid}.tmp`;
  await runProgram(compiler.program, [...args, ...sourcesOf(source), ...driverOf(compiler), "-o", unfinished]);
  renameSync(unfinished, output);
  return output;
}

function sourcesOf(source: string): string[] {
  const files = PARTS.flatMap((part) =>
    readdirSync(join(source, "src", part))
      .filter((file) => file.endsWith(".c"))
      .map((file) => join(part, file)),
  );
  return [...files, ...SINGLE_FILES].map((file) => join(source, "src", file));
}

function driverOf({ files }: Compiler): string[] {
  return ["checksum.c", "clock.c", "payload.c", "wire.c", "works.c", ...files].map((file) => join(DRIVER, file));
}

/** The first clang that makes wasm; it is installed where that is possible. */
async function findWasmClang(say: (what: string) => void): Promise<string | null> {
  const found = await firstThatMakesWasm();
  if (found !== null) return found;
  for (const packages of CLANG_PACKAGES) {
    say(`installing ${packages.join(" and ")}`);
    if (await installPackages(packages)) return firstThatMakesWasm();
  }
  return null;
}

async function firstThatMakesWasm(): Promise<string | null> {
  const probe = join(cacheFolder(), "probe.wasm");
  for (const name of CLANGS) {
    if (findProgram(name) === null) continue;
    try {
      await runProgram(name, [...WASM.options, "-x", "c", "/dev/null", "-o", probe]);
      return name;
    } catch {
      // It has no linker for wasm; the next may.
    }
  }
  return null;
}

function versionOf(source: string): string {
  const [, version] = /\(([^)]+)\)/.exec(readFileSync(join(source, "debian/changelog"), "utf8")) ?? [];
  return version ?? "a version";
}

async function versionLine(program: string): Promise<string> {
  return (await runProgram(program, ["--version"])).split("\n")[0] ?? program;
}
