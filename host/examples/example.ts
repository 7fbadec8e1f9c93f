// What the examples have in common: a stack on a wire, something done over it, and an end. Each is run like this, where tap0
// has the address 10.0.0.1 and the server in question listens there:
//
//   node --import tsx host/examples/redis.ts tap:tap0 10.0.0.2/24 10.0.0.1

import { createStack, realClock, type Stack } from "../stack.ts";
import { openWire } from "../wire/kinds.ts";

/** Does something, most with the server at `host`, and returns what there is to say about it. */
export type Example = (stack: Stack, host: string) => Promise<string>;

/**
 * Runs an example over the wire that the command line names, if `module` is the program that was started; `words` of the
 * command line it needs.
 */
export async function runAsProgram(module: string, example: Example, words = 3): Promise<void> {
  if (new URL(process.argv[1], "file:").href !== module) return;
  const [kind, address, host] = process.argv.slice(2);
  if (process.argv.length < 2 + words) {
    const peer = words < 3 ? "" : ", and where the server is";
    const sample = ["tap:tap0", "10.0.0.2/24", "10.0.0.1"].slice(0, words).join(" ");
    process.stderr.write(`Say which wire, our address on it${peer}: ${sample}\n`);
    process.exitCode = 2;
    return;
  }
  try {
    process.stdout.write(`${await runOver(kind, address, (stack) => example(stack, host))}\n`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

async function runOver(kind: string, address: string, run: (stack: Stack) => Promise<string>): Promise<string> {
  const { wire } = await openWire(kind, { clock: realClock() });
  const stack = await createStack({ wires: [{ wire, address }] });
  try {
    return await run(stack);
  } finally {
    await stack.close();
  }
}
