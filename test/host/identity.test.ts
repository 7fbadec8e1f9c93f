// The identity that stable IPv6 addresses are made from (RFC 7217): who keeps it keeps the addresses.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { InputError } from "../../host/errors.ts";
import { createStack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { rejectsWith } from "./pair.ts";

const ONE = Uint8Array.from({ length: 16 }, (_, i) => i);
const OTHER = Uint8Array.from({ length: 16 }, (_, i) => i + 1);

/** The link-local address that a machine gives itself. */
async function linkLocal(seed: number, identity?: Uint8Array): Promise<string> {
  const clock = new VirtualClock();
  const { left } = createCable({ clock });
  const wires = [{ wire: left, mac: "02:00:00:00:00:01", autoconfigure: ["link-local" as const] }];
  const stack = await createStack({ clock, seed, wires, ...(identity && { identity }) });
  await clock.settle(stack.ready());
  const [own] = stack.addresses();
  await stack.close({ linger: 0 });
  return own.address;
}

describe("an identity", () => {
  it("makes the same addresses after every start, and others than another one", async () => {
    assert.equal(await linkLocal(1, ONE), await linkLocal(2, ONE));
    assert.notEqual(await linkLocal(1, ONE), await linkLocal(1, OTHER));
  });

  it("is another one at each start when none is given", async () => {
    assert.notEqual(await linkLocal(1), await linkLocal(2));
  });

  it("is refused with a reason where it is none, or nothing to the profile", async () => {
    await assert.rejects(linkLocal(1, ONE.subarray(1)), InputError);
    const { left } = createCable({ clock: new VirtualClock() });
    await rejectsWith(createStack({ wires: [{ wire: left }], profile: "tiny", identity: ONE }), "EPROTONOSUPPORT");
  });
});
