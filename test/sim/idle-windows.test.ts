// Connections that are open and idle leave the others room: windows that nobody uses must not hold the pool. Reckoned
// with the default profile, whose pool has four packets for each of its control blocks.

import assert from "node:assert/strict";
import { test } from "../runner/recorded.ts";
import { Network, PORT, RIGHT_ADDRESS } from "./network.ts";

const IDLE = 100;
/** Packets of window that a new connection is to find: RFC 6928's initial window, or its first flight would not fit. */
const ENOUGH = 10;
const FIRST_LOCAL_PORT = 41_000;

test(`a connection finds a window of ${ENOUGH} segments among ${IDLE} that are idle`, async () => {
  const network = await Network.create({ seed: 1, leftProfile: "node", rightProfile: "node" });
  const listener = await network.right.listen({ port: PORT });
  for (let i = 0; i < IDLE; i++) {
    const opened = network.left.connect({ address: RIGHT_ADDRESS, port: PORT, localPort: FIRST_LOCAL_PORT + i });
    await network.settle(Promise.all([opened, listener.accept()]));
  }
  const ends = await network.settle(
    Promise.all([network.left.connect({ address: RIGHT_ADDRESS, port: PORT }), listener.accept()]),
  );
  for (const end of ends) {
    const granted = end.status()?.rxGranted ?? 0;
    assert.ok(granted >= ENOUGH, `granted ${granted} packets`);
  }
});
