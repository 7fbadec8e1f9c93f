// The two networks that scenarios run over: Node's own on loopback, and two stacks of ours on a cable.

import * as nodeDgram from "node:dgram";
import * as nodeNet from "node:net";
import { createStack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import type { Stage } from "./scene.ts";

export async function nodeStage(): Promise<Stage> {
  return {
    name: "node:net",
    client: nodeNet,
    server: nodeNet,
    clientDgram: nodeDgram,
    serverDgram: nodeDgram,
    host: "127.0.0.1",
    host6: "::1",
    clientHost: "127.0.0.1",
    strike: async () => {},
  };
}

export async function thimbleStage(): Promise<Stage> {
  const [left, right] = createCable();
  const client = await createStack({
    wires: [{ wire: left, address: ["10.0.0.1/24", "fd00::1/64"], claim: false }],
    name: "client",
  });
  const server = await createStack({
    wires: [{ wire: right, address: ["10.0.0.2/24", "fd00::2/64"], claim: false }],
    name: "server",
  });
  return {
    name: "stack.net",
    client: client.net,
    server: server.net,
    clientDgram: client.dgram,
    serverDgram: server.dgram,
    host: "10.0.0.2",
    host6: "fd00::2",
    clientHost: "10.0.0.1",
    strike: async () => {
      await Promise.all([client.close({ linger: 0 }), server.close({ linger: 0 })]);
    },
  };
}
