// `thimble fleet`: thousands of devices on one simulated network, and what happens to them.

import { type Command, Option } from "commander";
import { createCapture } from "../capture/file.ts";
import { createFleet } from "../fleet/fleet.ts";
import type { Progress } from "../fleet/pace.ts";
import { reportOf, reportText } from "../fleet/report.ts";
import { SCENARIOS } from "../fleet/scenarios.ts";
import { parseImpairments } from "../wire/impairment-text.ts";
import { Failure, UsageError } from "./errors.ts";
import { examples, profileArgument, seconds, seedArgument, wholeNumber } from "./options.ts";

interface FleetFlags {
  devices: number;
  seed: number;
  profile: string;
  spread?: number;
  page?: number;
  cable: string;
  pcap?: string;
  json?: boolean;
}

const MOST_DEVICES = 20_000;
const DEFAULT_DEVICES = 200;

const HELP = `
Scenarios:
${Object.entries(SCENARIOS)
  .map(([name, { what }]) => `  ${name.padEnd(10)}  ${what}`)
  .join("\n")}

Every device is an instance of the firmware with a memory of its own, on a cable of its own to one
switch; the server is another. Time is virtual, so the same seed gives the same run. A broadcast of
each goes to all, so that twice as many devices take four times as long.`;

export function registerFleet(program: Command): void {
  program
    .command("fleet")
    .summary("run thousands of devices on one simulated network")
    .description("Runs a fleet of devices through a scenario, and says how it went.")
    .argument("[scenario]", `one of ${Object.keys(SCENARIOS).join(", ")}`, "boot")
    .addOption(new Option("--devices <number>", "how many").argParser(devicesArgument).default(DEFAULT_DEVICES))
    .addOption(new Option("--seed <number>", "of everything that is random").argParser(seedArgument).default(1))
    .option("--profile <name>", "build of the devices' firmware", profileArgument, "tiny")
    .option("--spread <seconds>", "time over which devices boot, as real ones do not do it at once", spreadArgument)
    .option("--page <bytes>", "what each device fetches", pageArgument)
    .option("--cable <impairments>", "each device's cable to the switch", "rate=100Mbit,delay=5us")
    .option("--pcap <file>", "write the server's frames to a file for Wireshark")
    .option("--json", "print data instead of text")
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble fleet", `${DEFAULT_DEVICES} devices boot, and each fetches a page`],
        ["thimble fleet power-cut --devices 2000", "the power fails, and all boot again"],
        ["thimble fleet download --cable rate=10Mbit,delay=2ms,loss=1%", "new firmware over bad cables"],
      ]),
    )
    .action(run);
}

async function run(name: string, flags: FleetFlags): Promise<void> {
  const scenario = SCENARIOS[name];
  if (scenario === undefined) {
    throw new UsageError(`There is no scenario "${name}"; choose from ${Object.keys(SCENARIOS).join(", ")}.`);
  }
  const { devices, seed, profile, cable, pcap, json = false } = flags;
  const { spread = scenario.defaults.spread, page = scenario.defaults.page } = flags;
  const capture = pcap === undefined ? null : createCapture(pcap);
  const before = process.memoryUsage().rss;
  const fleet = await createFleet({
    devices,
    seed,
    profile,
    cable: parseImpairments(cable.split(",")),
    ...(capture && { capture }),
    onProgress: process.stderr.isTTY ? tellProgress : () => {},
  });
  await fleet.settle(scenario.run(fleet, { spread, page }));
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const bytesPerDevice = (process.memoryUsage().rss - before) / devices;
  const report = reportOf(fleet);
  await fleet.close();
  capture?.close();
  process.stdout.write(
    json ? `${JSON.stringify({ ...report, bytesPerDevice })}\n` : reportText(report, bytesPerDevice),
  );
  if (report.done < devices) throw new Failure(`${devices - report.done} of ${devices} devices have not done it.`);
}

// One line that is written anew.
function tellProgress({ time, done, devices, deliveries }: Progress): void {
  const text = `${(time / 1e6).toFixed(2)} s of virtual time, ${done} of ${devices} devices done, ${deliveries} frames`;
  process.stderr.write(`\r${text.padEnd(80)}`);
}

function devicesArgument(text: string): number {
  return wholeNumber("--devices", text, 1, MOST_DEVICES, `say a number of devices from 1 to ${MOST_DEVICES}`);
}

function spreadArgument(text: string): number {
  return seconds("--spread", text, 0, 3600) * 1e6;
}

function pageArgument(text: string): number {
  return wholeNumber("--page", text, 1, 10_000_000, "say bytes from 1 to 10000000");
}
