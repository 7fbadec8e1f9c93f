// `thimble memory`: what lies where in a stack's linear memory, of a profile or of a stack that runs.

import type { Command } from "commander";
import { type MemoryMap, memoryMap, memoryMapText } from "../build/memory-map.ts";
import { createStack } from "../stack.ts";
import { createCable } from "../wire/cable.ts";
import { chooseStack } from "./choose-stack.ts";
import { ask } from "./control.ts";
import { UsageError } from "./errors.ts";
import { examples, profileArgument } from "./options.ts";

interface MemoryFlags {
  profile?: string;
  running?: boolean;
  stack?: string;
  json?: boolean;
}

const HELP = `
All that a stack will ever use is laid out when it is built: a profile names how many sockets,
packets and so on there are, and no call takes memory from anywhere else. "used" and "most" count
the elements of a pool that are in use now and that ever were at once; "refused" counts the times
that a pool was empty.`;

export function registerMemory(program: Command): void {
  program
    .command("memory")
    .summary("print the memory map of a profile, or of a stack that runs")
    .description("Prints what lies where in a stack's linear memory, and what each pool takes.")
    .option("--profile <name>", "the build to look at: node, tiny, ... (default: node)", profileArgument)
    .option("--running", "the stack that runs in another terminal, with what is in use")
    .option("--stack <name>", "name or PID of that stack, where several run")
    .option("--json", "print data instead of text")
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble memory", "the map of the profile that Node runs"],
        ["thimble memory --profile tiny", "a whole stack in 24 KB"],
        ["thimble memory --running", "how full the pools of a running stack are"],
      ]),
    )
    .action(run);
}

async function run(flags: MemoryFlags): Promise<void> {
  const running = flags.running || flags.stack !== undefined;
  if (running && flags.profile !== undefined) {
    throw new UsageError("A running stack has its profile already: give --profile or --running, not both.");
  }
  const { map, title } = running ? await mapOfRunning(flags.stack) : await mapOfProfile(flags.profile ?? "node");
  process.stdout.write(flags.json ? `${JSON.stringify(map, null, 2)}\n` : `${title}\n${memoryMapText(map, running)}`);
}

async function mapOfRunning(wanted: string | undefined): Promise<{ map: MemoryMap; title: string }> {
  const stack = await chooseStack(wanted);
  const map = (await ask(stack.path, "memory")) as MemoryMap;
  return { map, title: `Linear memory of ${stack.card.name} (PID ${stack.card.pid}, profile ${stack.card.profile})` };
}

// A machine that is plugged into nothing: its memory is laid out as that of any other.
async function mapOfProfile(profile: string): Promise<{ map: MemoryMap; title: string }> {
  const stack = await createStack({ wires: [{ wire: createCable().left }], profile });
  const map = memoryMap(stack.core);
  await stack.close();
  return { map, title: `Linear memory of profile ${profile}` };
}
