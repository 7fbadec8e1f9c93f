// What comes out of a wire, kept for a test.

import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import type { Wire } from "../../host/wire/wire.ts";

/** Keeps every frame, and every change of the link. */
export function listen(wire: Wire): { frames: Uint8Array[]; links: boolean[] } {
  const frames: Uint8Array[] = [];
  const links: boolean[] = [];
  wire.attach({ receive: (frame) => frames.push(frame.slice()), linkChanged: (up) => links.push(up) });
  return { frames, links };
}

/** Resolves when the condition holds; fails when it does not for some seconds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2000 && !condition(); tries++) await setTimeout(2);
  assert.ok(condition(), "nothing has come");
}
