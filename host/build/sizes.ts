// `npm run sizes [-- --tcb] [-- --code] [PROFILE...]`: what a connection costs in memory, field by field, and what each
// layer of the core costs in code.

import { parseArgs } from "node:util";
import { codeText, measureCode, tcpBytes } from "./code-sizes.ts";
import { controlBlockText, readControlBlock } from "./control-block.ts";
import { boardNames, profileNames } from "./firmware.mjs";
import { layersOf } from "./wasm-code.ts";

const USAGE = `Usage: npm run sizes [-- [--tcb] [--code] [--largest N] [--json] [PROFILE...]]

What a connection costs in memory and in code.

  --tcb        only the control block of a connection: each field, its bytes, and why it is there
  --code       only the bytes of code by layer (default for profiles tiny and node)
  --largest N  also the N largest functions of TCP
  --json       print data instead of text
  --help       print this

A function that the optimiser has inlined counts where it went. So figures of layers are exact in
their sum, and of one layer they say what lies in its own functions.

Examples:
  npm run sizes                              both, of profiles tiny and node
  npm run sizes -- --code --largest 20 tiny  where the bytes of TCP are in the smallest profile
  npm run sizes -- --tcb                     the control block, field by field
`;
const DEFAULT_PROFILES = ["tiny", "node"];

class UsageError extends Error {}

interface Wanted {
  tcb: boolean;
  code: boolean;
  largest: number;
  json: boolean;
  help: boolean;
  profiles: string[];
}

function readArguments(args: string[]): Wanted {
  const { values, positionals } = parse(args);
  const known = [...profileNames(), ...boardNames()] as string[];
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`no profile is called ${unknown}; there are ${known.join(", ")}`);
  const largest = values.largest ?? "0";
  if (!/^\d{1,4}$/.test(largest)) throw new UsageError(`--largest ${largest}: say how many functions, as in 20`);
  const { tcb = false, code = false, json = false, help = false } = values;
  const profiles = positionals.length > 0 ? positionals : DEFAULT_PROFILES;
  return { tcb: tcb || !code, code: code || !tcb, largest: Number(largest), json, help, profiles };
}

function parse(args: string[]) {
  const flag = { type: "boolean" } as const;
  const options = { tcb: flag, code: flag, json: flag, help: flag, largest: { type: "string" } } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function main(args: string[]): Promise<void> {
  const wanted = readArguments(args);
  if (wanted.help) {
    process.stdout.write(USAGE);
    return;
  }
  const block = wanted.tcb ? readControlBlock() : null;
  const sizes = [];
  for (const profile of wanted.code ? wanted.profiles : []) {
    process.stderr.write(`compiling profile ${profile} with names ...\n`);
    sizes.push(await measureCode(profile));
  }
  if (wanted.json) {
    const code = sizes.map((each) => ({
      profile: each.profile,
      tcpBytes: tcpBytes(each),
      layers: layersOf(each.functions),
      functions: each.functions,
    }));
    process.stdout.write(`${JSON.stringify({ ...(block ? { controlBlock: block } : {}), code }, null, 2)}\n`);
    return;
  }
  const texts = sizes.map((each) => codeText(each, wanted.largest));
  if (block) texts.unshift(`Control block of a connection\n${controlBlockText(block)}`);
  process.stdout.write(texts.join("\n"));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`sizes: ${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
