// What the examples have in common: a stack on a wire, something done over it, and an end. Each is run like this, where tap0
// has the address 10.0.0.1 and the server in question listens there:
//
//   node --import tsx host/examples/redis.ts tap:tap0 10.0.0.2/24 10.0.0.1

import { createStack, realClock, type Stack } from "../stack.ts";
import { openWire } from "../wire/kinds.ts";

/** Does something with the server at `host` and returns what there is to say about it. */
export type Example = (stack: Stack, host: string) => Promise<string>;

/** Runs an example over the wire that the command line names, if `module` is the program that was started. */
export async function runAsProgram(module: string, example: Example): Promise<void> {
  if (new URL(process.argv[1], "file:").href !== module) return;
  const [kind, address, host] = process.argv.slice(2);
  if (host === undefined) {
    process.stderr.write("Say which wire, our address on it, and where the server is: tap:tap0 10.0.0.2/24 10.0.0.1\n");
    process.exitCode = 2;
    return;
  }
  const { wire } = await openWire(kind, { clock: realClock() });
  const stack = await createStack({ wires: [{ wire, address }] });
  try {
    process.stdout.write(`${await example(stack, host)}\n`);
  } finally {
    await stack.close();
  }
}
