// The very file that browsers get, here under Node, and two stacks of it on a cable.

import { readFile } from "node:fs/promises";
import type * as browser from "../../../host/web/index.ts";

type Browser = typeof browser;

const DIST = new URL("../../../dist/", import.meta.url);

export interface Pair {
  near: browser.Stack;
  far: browser.Stack;
  close(): Promise<void>;
}

export function loadBundle(): Promise<Browser> {
  return import(new URL("browser.js", DIST).href);
}

/** 10.0.0.1, which knows the other as "far.test", and 10.0.0.2. */
export async function makePair({ createCable, createStack }: Browser): Promise<Pair> {
  const [left, right] = createCable();
  const wasm = await WebAssembly.compile(await readFile(new URL("thimble.wasm", DIST)));
  const hosts = { "far.test": ["fd00::2", "10.0.0.2"] };
  const near = await createStack({ wires: [{ wire: left, address: "10.0.0.1/24" }], wasm, hosts });
  const far = await createStack({ wires: [{ wire: right, address: "10.0.0.2/24" }], wasm });
  return {
    near,
    far,
    close: async () => {
      await Promise.all([near.close({ linger: 0 }), far.close({ linger: 0 })]);
    },
  };
}
