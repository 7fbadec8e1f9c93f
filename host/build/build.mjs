// `npm run build [-- PROFILE...]`: the firmware of every profile (or of those named, boards among them), the debug
// firmware, the host's bundles and its type declarations, all in dist/. Prints what was built, the memory map of each
// profile, and what IPv6 and each application cost it. With --quiet it prints only what goes wrong.

import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { applicationCosts, applicationCostsText } from "./application-costs.mjs";
import { bundleHost, emitDeclarations } from "./bundle.mjs";
import { boardNames, compileFirmware, importTypeScript, profileNames, ROOT, readProfile } from "./firmware.mjs";
import { ipv6Cost, ipv6CostText } from "./ipv6-cost.mjs";

/** Compilers that run at once: each takes a core and some hundred megabytes. */
const PARALLEL = 2;

async function main(args) {
  const quiet = args.includes("--quiet");
  const names = args.filter((arg) => !arg.startsWith("--"));
  const known = [...profileNames(), ...boardNames()];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown) throw new Error(`no profile is called ${unknown}; there are ${known.join(", ")}`);
  const wanted = names.length > 0 ? names : profileNames();

  const firmware = wanted.map((name) => () => compileFirmware(name));
  if (wanted.includes("node")) firmware.push(() => compileFirmware("node", true));
  // Folders of profiles may be built before the host's sources are there; the host is then left out.
  const host = existsSync(join(ROOT, "host/index.ts")) ? [bundleHost, emitDeclarations] : [];
  const results = await inParallel([...firmware, ...host]);

  if (quiet) return;
  const built = results.slice(0, firmware.length);
  const [bundles = []] = results.slice(firmware.length);
  process.stdout.write(await report(built, bundles));
  process.stdout.write(`\n${(await ipv6Costs(built)).join("")}`);
  process.stdout.write((await costsOfApplications(built)).join(""));
}

/** Runs tasks, PARALLEL at a time; all end before the first failure is thrown. */
async function inParallel(tasks) {
  const results = new Array(tasks.length);
  const failures = [];
  let next = 0;
  const worker = async () => {
    while (next < tasks.length) {
      const index = next++;
      await tasks[index]().then(
        (result) => {
          results[index] = result;
        },
        (error) => failures.push(error),
      );
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  if (failures.length > 0) throw new Error(failures.map((error) => error.message).join("\n\n"));
  return results;
}

/** What IPv6 costs each profile that was built, in sentences. */
async function ipv6Costs(firmware) {
  const released = firmware.filter(({ debug }) => !debug);
  const costs = released.map(({ name, path }) => async () => {
    return ipv6CostText(await ipv6Cost(name, await readProfile(name), new Uint8Array(readFileSync(path))));
  });
  return inParallel(costs);
}

/** What applications cost each profile that was built, in sentences. */
async function costsOfApplications(firmware) {
  const released = firmware.filter(({ debug }) => !debug);
  const costs = released.map(({ name, path }) => async () => {
    return applicationCostsText(
      await applicationCosts(name, await readProfile(name), new Uint8Array(readFileSync(path))),
    );
  });
  return inParallel(costs);
}

async function report(firmware, bundles) {
  const { memoryMap, memoryMapText } = await importTypeScript(join(ROOT, "host/build/memory-map.ts"));
  const { tableText } = await importTypeScript(join(ROOT, "host/inspect/table.ts"));
  const maps = await Promise.all(firmware.map(async ({ path }) => memoryMap(await startMachine(path))));

  const titles = ["wasm bytes", "memory used", "of"].map((title) => ({ title, align: "right" }));
  const columns = [{ title: "profile" }, { title: "file" }, ...titles, { title: "sha256" }];
  const rows = firmware.map(({ name, debug, path, bytes, sha256 }, index) => {
    const figures = [bytes, maps[index].used, maps[index].total].map((figure) => figure.toLocaleString("en-US"));
    return [debug ? `${name}, debug` : name, relative(ROOT, path), ...figures, sha256.slice(0, 12)];
  });
  const text = [`${tableText(columns, rows, "  ")}\n`];
  firmware.forEach(({ name, debug }, index) => {
    if (!debug) text.push(`Memory of profile ${name}\n${memoryMapText(maps[index])}\n`);
  });
  for (const { file, bytes } of bundles) text.push(`  dist/${file}  ${bytes.toLocaleString("en-US")} bytes\n`);
  return text.join("");
}

/** A freshly started machine without adapters: its bus has no devices. */
async function startMachine(path) {
  const { Bus } = await importTypeScript(join(ROOT, "host/core/bus.ts"));
  const { Core } = await importTypeScript(join(ROOT, "host/core/core.ts"));
  return Core.start(await WebAssembly.compile(readFileSync(path)), [1, 2, 3, 4], { bus: new Bus() });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
