// What each application inside the module costs a profile that has it: the profile is compiled once more, without it.

import { bytesOf, difference } from "./ipv6-cost.mjs";
import { compileVariant } from "./variants.mjs";

/** The constants that an application leaves a profile without, by what people call it. */
const WITHOUT = {
  "the web server": { WEB_CONNECTIONS: 0, WEB_LINE_BYTES: 0 },
  "the browser": { FETCHES: 0, FETCH_LINE_BYTES: 0 },
};

/** Bytes of wasm and of linear memory, by application, for a profile whose constants and wasm are given. */
export async function applicationCosts(name, profile, wasm) {
  const shipped = await bytesOf(wasm);
  const costs = [];
  for (const [application, changes] of Object.entries(WITHOUT)) {
    if (Object.keys(changes).every((constant) => profile[constant] === 0)) continue;
    costs.push({ name, application, ...difference(shipped, await bytesOf(await compileVariant(name, changes))) });
  }
  return costs;
}

/** The costs as sentences. */
export function applicationCostsText(costs) {
  const bytes = (count) => `${count.toLocaleString("en-US")} bytes`;
  const lines = costs.map(({ name, application, wasm, memory }) => {
    return `Of profile ${name}, ${application} takes ${bytes(wasm)} of wasm and ${bytes(memory)} of memory.\n`;
  });
  return lines.join("");
}
