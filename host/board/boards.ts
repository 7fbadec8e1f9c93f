// The boards that the project knows, as their folders in boards/ describe them.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Board } from "../../boards/board.ts";
import { boardNames, ROOT, readProfile } from "../build/firmware.mjs";
import { InputError } from "../errors.ts";

export type { Board };

/** A board and its profile. */
export interface NamedBoard {
  name: string;
  board: Board;
  /** The constants of its profile.ts. */
  profile: Readonly<Record<string, number>>;
}

/** Reads boards/NAME; rejects with InputError ERR_BOARD when there is no such board. */
export async function readBoard(name: string): Promise<NamedBoard> {
  const known = boardNames() as string[];
  if (!known.includes(name)) {
    throw new InputError("ERR_BOARD", `No board is called ${name}; there are ${known.join(", ")}.`);
  }
  const path = join(ROOT, "boards", name, "board.mjs");
  const { board } = (await import(pathToFileURL(path).href)) as { board: Board };
  return { name, board, profile: (await readProfile(name)) as Record<string, number> };
}
