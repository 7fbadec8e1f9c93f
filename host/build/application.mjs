// `npm run application FILE [-- --profile NAME] [-- --output FILE]`: one module of the stack and an application of one's own.

import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { boardNames, profileNames } from "./firmware.mjs";
import { compileApplication } from "./own-application.mjs";

const USAGE = `Usage: npm run application FILE [-- [--profile NAME] [--output FILE] [--variant CONSTANT=VALUE]]

Compiles an application in AssemblyScript and the stack into one module. The file exports what it needs of
start(), serve(socket, news), timer() and call(operation, a, b, c, d), and imports the socket calls from
"thimble-tcpip/assembly". boards/examples/shout.ts is one.

  --profile NAME     the profile, or the board, that it is for (default: node)
  --output FILE      the module (default: the name of the file, with .wasm, in the folder where you are)
  --variant C=VALUE  another value for a constant of the profile; may be given several times
  --help             print this

Examples:
  npm run application boards/examples/shout.ts
  npm run application boards/examples/shout.ts -- --profile lm3s6965evb --output shout.wasm
  npm run board lm3s6965evb -- --wasm shout.wasm --qemu         the same on a board
`;

function readArguments(args) {
  const options = {
    profile: { type: "string", default: "node" },
    output: { type: "string" },
    variant: { type: "string", multiple: true, default: [] },
    help: { type: "boolean" },
  };
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (values.help) return { ...values, file: "" };
  if (positionals.length !== 1) throw new Error("Name one file; --help says more.");
  const known = [...profileNames(), ...boardNames()];
  if (!known.includes(values.profile)) {
    throw new Error(`No profile is called ${values.profile}; there are ${known.join(", ")}.`);
  }
  const variant = Object.fromEntries(values.variant.map(readConstant));
  return { ...values, variant, file: positionals[0] };
}

function readConstant(text) {
  const [, constant, value] = /^([A-Z0-9_]+)=(\d+)$/.exec(text) ?? [];
  if (!constant) throw new Error(`--variant ${text}: it looks like PACKETS=16.`);
  return [constant, Number(value)];
}

async function main(args) {
  const { help, file, profile, output, variant } = readArguments(args);
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  const path = resolve(output ?? file.replace(/^.*\//, "").replace(/\.ts$/, ".wasm"));
  const { memory } = await compileApplication({ file: resolve(file), profile, output: path, changes: variant });
  const bytes = (count) => count.toLocaleString("en-US");
  const figures = `${bytes(readFileSync(path).length)} bytes of wasm, ${bytes(memory)} bytes of memory`;
  process.stdout.write(`${relative(process.cwd(), path)}: ${figures}, profile ${profile}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`application: ${error.message}\n`);
  process.exitCode = 1;
}
