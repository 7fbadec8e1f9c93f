// Two machines on a cable, for tests of what stands on stack.net.

import type { AddressInfo, Server } from "node:net";
import { createStack, type Stack } from "../../host/stack.ts";
import { type CableOptions, createCable } from "../../host/wire/cable.ts";

/** The server's name, as the client knows it, and its addresses. */
export const NAME = "thimble.test";
export const ADDRESS = "10.0.0.2";

export class Machines {
  readonly client: Stack;
  readonly server: Stack;
  #ports: Server[] = [];

  private constructor(client: Stack, server: Stack) {
    this.client = client;
    this.server = server;
  }

  static async start(cable: CableOptions = {}): Promise<Machines> {
    const [left, right] = createCable(cable);
    const hosts = { [NAME]: [ADDRESS, "fd00::2"], nobody: "10.0.0.99" };
    const client = await createStack({
      wires: [{ wire: left, address: ["10.0.0.1/24", "fd00::1/64"], claim: false }],
      hosts,
    });
    const server = await createStack({
      wires: [{ wire: right, address: [`${ADDRESS}/24`, "fd00::2/64"], claim: false }],
    });
    return new Machines(client, server);
  }

  /** Gives a server of an upper layer a port of the server's machine, which it returns. */
  async serve(above: Parameters<Stack["serve"]>[0], port = 0): Promise<number> {
    const listener = await this.server.serve(above, { port });
    this.#ports.push(listener);
    return (listener.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const port of this.#ports) port.close();
    await Promise.all([this.client.close({ linger: 0 }), this.server.close({ linger: 0 })]);
  }
}
