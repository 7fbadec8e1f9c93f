// The LM3S6965 evaluation board as if its part had 32 KB of RAM: what fits here fits a part of that size.

import { board as whole } from "../lm3s6965evb/board.mjs";

/** @type {import("../board.ts").Board} */
export const board = {
  ...whole,
  title: "LM3S6965 evaluation board, of whose RAM half is used",
  ram: { ...whole.ram, bytes: 32 * 1024 },
};
