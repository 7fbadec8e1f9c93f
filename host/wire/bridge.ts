// Two wires made one: what comes from either goes into the other.

import type { Wire } from "./wire.ts";

/** Joins two wires; the returned function takes them apart again and closes both. */
export function bridgeWires(left: Wire, right: Wire): () => void {
  left.attach({ receive: (frame) => right.send(frame), linkChanged: () => {} });
  right.attach({ receive: (frame) => left.send(frame), linkChanged: () => {} });
  return () => {
    left.close();
    right.close();
  };
}
