// A network's description as YAML, in one small file.

import { readFile } from "node:fs/promises";
import { parse, YAMLParseError } from "yaml";
import { InputError } from "../errors.ts";
import { type NetworkDescription, refuse } from "./description.ts";

const PARTS = ["seed", "profile", "switches", "machines", "cables", "events"];

/** Reads a description. Throws InputError ERR_NETWORK with the line where it is no YAML, or has parts that no network has. */
export function parseNetwork(text: string): NetworkDescription {
  const found = parsed(text);
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    throw refuse("A network is described by its machines and cables; this is empty, or a list.");
  }
  const stranger = Object.keys(found).find((key) => !PARTS.includes(key));
  if (stranger !== undefined) throw refuse(`"${stranger}" is no part of a network; there are ${PARTS.join(", ")}.`);
  const { machines, cables } = found as Partial<NetworkDescription>;
  if (!isTable(machines) || !isTable(cables)) throw refuse("A network needs machines and cables, each with a name.");
  return found as NetworkDescription;
}

/** The same from a file. Throws InputError, also with the system's code when the file cannot be read. */
export async function readNetwork(path: string): Promise<NetworkDescription> {
  const text = await readFile(path, "utf8").catch(({ code = "EIO" }: NodeJS.ErrnoException) => {
    throw new InputError(code, `The network ${path} cannot be read (${code}).`);
  });
  return parseNetwork(text);
}

function parsed(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError) throw refuse(`That is no YAML: ${error.message.split("\n")[0]}`);
    throw error;
  }
}

function isTable(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
