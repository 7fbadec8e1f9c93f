// Machines with several addresses: which one a connection has at this end, and which ones it cannot have at the other.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { PORT, rejectsWith } from "./pair.ts";

const FIRST = "10.0.0.1";
const SECOND = "10.0.0.9";
const OTHER_NETWORK = "10.1.0.1";
const PEER = "10.0.0.2";
const OTHER_PEER = "10.1.0.2";

interface Machines {
  clock: VirtualClock;
  /** Two addresses on one network, and one on another behind its second adapter. */
  many: Stack;
  /** On the first network, and on the other. */
  peer: Stack;
  otherPeer: Stack;
}

async function start(): Promise<Machines> {
  const clock = new VirtualClock();
  const [near, far] = createCable({ clock });
  const [otherNear, otherFar] = createCable({ clock });
  const many = await createStack({
    clock,
    seed: 1,
    wires: [
      { wire: near, address: [`${FIRST}/24`, `${SECOND}/24`] },
      { wire: otherNear, address: `${OTHER_NETWORK}/24` },
    ],
  });
  const peer = await createStack({ clock, seed: 2, wires: [{ wire: far, address: `${PEER}/24` }] });
  const otherPeer = await createStack({ clock, seed: 3, wires: [{ wire: otherFar, address: `${OTHER_PEER}/24` }] });
  return { clock, many, peer, otherPeer };
}

async function discard({ many, peer, otherPeer }: Machines): Promise<void> {
  await Promise.all([many, peer, otherPeer].map((stack) => stack.close({ linger: 0 })));
}

/** The address that `server`, listening, sees at the other end of a connection from `client`. */
async function addressSeen(
  { clock }: Machines,
  server: Stack,
  client: Stack,
  options: { address: string; localAddress?: string },
): Promise<string> {
  const listener = await server.listen({ port: PORT });
  const accepted = listener.accept();
  await clock.settle(client.connect({ port: PORT, ...options }));
  const seen = (await clock.settle(accepted)).remoteAddress;
  listener.close();
  return seen;
}

describe("the local address of a connection (RFC 9293 §3.9.1.1)", () => {
  // Shows: MUST-43
  it("is the one that an active open names", async () => {
    const machines = await start();
    const { many, peer } = machines;
    for (const localAddress of [FIRST, SECOND]) {
      assert.equal(await addressSeen(machines, peer, many, { address: PEER, localAddress }), localAddress);
    }
    await discard(machines);
  });

  // Shows: MUST-43
  it("is the one that a passive open names: at others nobody listens", async () => {
    const machines = await start();
    const { clock, many, peer } = machines;
    const listener = await many.listen({ port: PORT, address: SECOND });
    await rejectsWith(clock.settle(peer.connect({ address: FIRST, port: PORT })), "ECONNREFUSED");
    await clock.settle(peer.connect({ address: SECOND, port: PORT }));
    assert.equal((await clock.settle(listener.accept())).localAddress, SECOND);
    await discard(machines);
  });

  // Shows: MUST-44
  it("is chosen by IP when none is named: one of the network that the peer is on", async () => {
    const machines = await start();
    const { many, peer, otherPeer } = machines;
    assert.equal(await addressSeen(machines, peer, many, { address: PEER }), FIRST);
    assert.equal(await addressSeen(machines, otherPeer, many, { address: OTHER_PEER }), OTHER_NETWORK);
    await discard(machines);
  });

  // Shows: MUST-45
  it("stays the one that the peer has addressed, to the end", async () => {
    const machines = await start();
    const { clock, many, peer } = machines;
    const listener = await many.listen({ port: PORT });
    for (const address of [SECOND, FIRST]) {
      const there = await clock.settle(peer.connect({ address, port: PORT }));
      const here = await clock.settle(listener.accept());
      assert.equal(here.localAddress, address);
      // From another address the peer would answer with resets and never see the end.
      await here.write("from the same");
      await here.close();
      const pieces: Uint8Array[] = [];
      const readToEnd = async (): Promise<void> => {
        for await (const piece of there) pieces.push(piece);
      };
      await clock.settle(readToEnd());
      assert.equal(Buffer.concat(pieces).toString(), "from the same");
      await there.close();
    }
    await discard(machines);
  });
});

describe("the remote address of a connection (RFC 9293 §3.9.1.1)", () => {
  // Shows: MUST-46
  it("cannot be a broadcast address, a group or nobody", async () => {
    const machines = await start();
    const { many } = machines;
    for (const address of ["255.255.255.255", "10.0.0.255", "10.1.0.255", "224.0.0.1", "239.1.2.3"]) {
      await rejectsWith(many.connect({ address, port: PORT }), "ENETUNREACH", "connect");
    }
    await rejectsWith(many.connect({ address: "0.0.0.0", port: PORT }), "EINVAL", "connect");
    assert.deepEqual(many.sockets(), []);
    await discard(machines);
  });

  // Shows: MUST-46
  it("cannot be one that no host on a wire can have, whatever the routes say (RFC 1122 §3.2.1.3)", async () => {
    const clock = new VirtualClock();
    const { left: wire } = createCable({ clock });
    // Without a loopback 127.0.0.1 is nobody, too; with one it is the machine itself.
    for (const [profile, addresses] of [
      ["node", ["0.0.0.5"]],
      ["tiny", ["127.0.0.1", "0.0.0.5"]],
    ] as const) {
      const wires = [{ wire, address: `${FIRST}/24`, gateway: PEER }];
      const stack = await createStack({ clock, seed: 1, profile, wires });
      for (const address of addresses) {
        await rejectsWith(clock.settle(stack.connect({ address, port: PORT })), "ENETUNREACH", "connect");
      }
      await stack.close({ linger: 0 });
    }
  });
});
