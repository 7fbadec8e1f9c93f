// The debug build of any profile: it traps where an assertion fails. The project's build makes only that of `node`.

import { readProfile } from "../../host/build/firmware.mjs";
import { compileVariant } from "../../host/build/variants.mjs";
import { compileFirmware, loadFirmware } from "../../host/core/firmware.ts";

/** The sentences of assertions are static data, for which a profile below one page of memory has no room. */
const PAGE = 65536;

/** `profile` with assertions, compiled in a page of memory at least. Rejects with the compiler's message. */
export async function debugFirmware(profile: string): Promise<WebAssembly.Module> {
  if (profile === "node") return loadFirmware(profile, true);
  const { LINEAR_BYTES } = await readProfile(profile);
  const changes = { LINEAR_BYTES: Math.max(LINEAR_BYTES, PAGE) };
  return compileFirmware(await compileVariant(profile, changes, "debug"));
}
