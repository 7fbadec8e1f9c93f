// What a command waits for before it goes on: that nobody else has its addresses, and that a router gives it some.

import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { type Expectation, settle } from "../../host/cli/settle.ts";
import { createCable, createStack, RealClock, type Stack, type WireOptions } from "../../host/index.ts";
import { dissect } from "../../host/inspect/dissect.ts";
import type { Dissection } from "../../host/inspect/dissection.ts";
import { NETWORKS } from "../segment/addresses.ts";
import { Conversation } from "../segment/conversation.ts";
import { readPacket } from "../segment/patterns.ts";
import { Peer } from "../segment/peer.ts";

const stacks: Stack[] = [];
afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.close({ linger: 0 });
});

/** A frame as the peer of the segment scripts builds it. */
function frameOf(line: string): Uint8Array {
  const peer = new Peer(1, { arp: "silent", nd: "silent" }, NETWORKS[6]);
  return peer.frameOf(readPacket("in", line, assert.fail), new Conversation(1, 1));
}

/** A stack on a cable at whose other end somebody answers some frames. */
async function stackBeside(
  options: Omit<WireOptions, "wire">,
  answer: (frame: Dissection) => string | null,
): Promise<Stack> {
  const { left, right } = createCable({ clock: new RealClock() });
  right.attach({
    receive: (frame) => {
      const line = answer(dissect(frame));
      if (line !== null) right.send(frameOf(line));
    },
    linkChanged: () => {},
  });
  const stack = await createStack({ wires: [{ wire: left, ...options }], seed: 1 });
  stacks.push(stack);
  return stack;
}

function expecting(changes: Partial<Expectation>): Expectation {
  return { given: [], waitsForOthers: false, asksRouters: false, wireName: "the test's", ...changes };
}

const silence = (): null => null;

describe("settling", () => {
  test("waits for the claim of the addresses that were given, and for no others", async () => {
    const stack = await stackBeside({ address: "2001:db8::1/64" }, silence);
    const stateOf = (address: string) => stack.addresses().find((row) => row.address === address)?.state;
    assert.equal(stateOf("2001:db8::1"), "TENTATIVE");
    await settle(stack, expecting({ given: ["2001:db8::1"] }));
    assert.equal(stateOf("2001:db8::1"), "PREFERRED");
  });

  test("an address that nobody was asked for is there at once", async () => {
    const stack = await stackBeside({ address: ["10.0.0.1/24", "2001:db8::1/64"], claim: false }, silence);
    await settle(stack, expecting({ given: ["10.0.0.1", "2001:db8::1"] }));
    assert.ok(stack.addresses().some(({ state, origin }) => state === "TENTATIVE" && origin === "LINK_LOCAL"));
  });

  test("fails with a sentence when somebody else has the only address", async () => {
    const stack = await stackBeside({ address: "2001:db8::1/64" }, ({ discovery }) => {
      const isAsked = discovery?.kind === "neighbor solicitation" && discovery.target === "2001:db8::1";
      return isAsked ? "nd advertise 2001:db8::1 override from 2001:db8::1 to all-nodes" : null;
    });
    await assert.rejects(settle(stack, expecting({ given: ["2001:db8::1"] })), {
      message: "Another machine on the test's has 2001:db8::1 already; give the stack an address that is free.",
    });
  });

  test("waits for the address, the route and the name server that a router gives", async () => {
    const stack = await stackBeside({ autoconfigure: true }, ({ discovery }) =>
      discovery?.kind === "router solicitation"
        ? "nd router-advertise lifetime 1800 <source, prefix 2001:db8:5::/64 LA 86400 14400, rdnss 600 2001:db8::53>"
        : null,
    );
    await settle(stack, expecting({ waitsForOthers: true, asksRouters: true }));
    const made = stack.addresses().find(({ origin }) => origin === "STABLE");
    assert.equal(made?.state, "PREFERRED");
    assert.match(made?.address ?? "", /^2001:db8:5:/);
    assert.ok(stack.routes().some(({ destination, origin }) => destination === "::/0" && origin === "ROUTER"));
    assert.deepEqual(
      stack.nameServers().map(({ address }) => address),
      ["2001:db8::53"],
    );
  });
});
