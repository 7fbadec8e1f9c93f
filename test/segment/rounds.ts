// The rounds in which every script is played: as it stands, and with both initial sequence numbers just below the wrap,
// so that every rule is shown there, too.

import { debugFirmware } from "../sim/debug-firmware.ts";
import type { Version } from "./addresses.ts";
import { type PlayOptions, play } from "./play.ts";
import type { Script } from "./script.ts";

/** How far below 2^32 both sides start in the further rounds: at the SYN, within and behind the first segment. */
const BELOW_WRAP = [-1, -600];
const BELOW_WRAP_FULL = [-1, -2, -60, -500, -1460, -1461, -4000];

export interface Rounds {
  /** Starts at more places around the wrap. */
  full: boolean;
  /** Plays against the build that traps where an assertion fails. */
  debug: boolean;
  /** The version of IP, where a script holds for both; otherwise that of the script. */
  ip?: Version;
}

/** Debug builds that were made, by profile: a script is not to wait for the compiler each time. */
const debugBuilds = new Map<string, Promise<WebAssembly.Module>>();

/** Plays `script` in every round. Throws `ScriptError` at the first deviation, or what the wasm has trapped with. */
export async function playRounds(script: Script, { full, debug, ip }: Rounds): Promise<void> {
  const module = debug ? await debugBuild(script.directives.profile) : undefined;
  const options: PlayOptions = { ...(module && { module }), ...(ip && { ip }) };
  await play(script, options);
  for (const iss of full ? BELOW_WRAP_FULL : BELOW_WRAP) {
    await play(script, { ...options, peerIss: iss >>> 0, ourIss: iss >>> 0 });
  }
}

function debugBuild(profile: string): Promise<WebAssembly.Module> {
  const made = debugBuilds.get(profile) ?? debugFirmware(profile);
  debugBuilds.set(profile, made);
  return made;
}
