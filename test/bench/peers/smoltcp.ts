// smoltcp: from the Rust registry, by cargo, compiled for this machine.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../host/build/firmware.mjs";
import { cacheFolder, findProgram, runProgram } from "./cache.ts";
import type { Offer } from "./contestant.ts";
import { nativeTrial } from "./native.ts";

const DRIVER = join(ROOT, "test/bench/peers/smoltcp");
const PROGRAM = "thimble-bench-smoltcp";

export async function smoltcpOffer(say: (what: string) => void): Promise<Offer> {
  try {
    if (findProgram("cargo") === null) throw new Error("there is no cargo here");
    say("building smoltcp");
    const target = cacheFolder("smoltcp");
    await runProgram("cargo", ["build", "--release", "--locked", "--quiet", "--target-dir", target], { cwd: DRIVER });
    const program = join(target, "release", PROGRAM);
    const [, version] =
      /name = "smoltcp"\nversion = "([^"]+)"/.exec(readFileSync(join(DRIVER, "Cargo.lock"), "utf8")) ?? [];
    return {
      contestants: [
        { name: "smoltcp", arrangement: "native", prepare: async (work) => nativeTrial(program, work, [work.window]) },
      ],
      configuration: [
        `smoltcp: ${version}, release with LTO, without congestion control, which is its default; in bulk a poll takes in two frames;`,
        "  its TIME-WAIT is 10 s and cannot be set: a sixth of the others' connections wait",
      ],
      missing: [],
    };
  } catch (error) {
    return { contestants: [], configuration: [], missing: [{ name: "smoltcp", reason: (error as Error).message }] };
  }
}
