// Which of a peer's addresses is tried first: the examples of RFC 6724 §10.2, and what they leave out.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";

const GLOBAL = "2001:db8:1::2/64";
const EVERYWHERE = { v4: { to: "0.0.0.0/0", via: "198.51.100.1" }, v6: { to: "::/0", via: "fe80::1" } };

async function machine(address: string[], routes = [EVERYWHERE.v4, EVERYWHERE.v6]): Promise<Stack> {
  const clock = new VirtualClock();
  const reachable = routes.filter(({ to }) => address.some((own) => own.includes(":") === to.includes(":")));
  const { left } = createCable({ clock });
  const stack = await createStack({ clock, seed: 1, wires: [{ wire: left, address, routes: reachable }] });
  await clock.settle(stack.ready());
  return stack;
}

async function ordered(own: string[], ...destinations: string[]): Promise<string[]> {
  const stack = await machine(own);
  const one = stack.orderAddresses(destinations);
  assert.deepEqual(stack.orderAddresses(destinations.toReversed()), one, "it depends on the order they came in");
  await stack.close({ linger: 0 });
  return one;
}

describe("of several addresses of a peer", () => {
  it("the one that can be reached comes first (rule 1)", async () => {
    assert.deepEqual(await ordered(["198.51.100.117/24"], "2001:db8:1::1", "198.51.100.121"), [
      "198.51.100.121",
      "2001:db8:1::1",
    ]);
  });

  it("the one whose scope is that of the address spoken from (rule 2)", async () => {
    assert.deepEqual(await ordered([GLOBAL, "169.254.13.78/16"], "198.51.100.121", "2001:db8:1::1"), [
      "2001:db8:1::1",
      "198.51.100.121",
    ]);
    assert.deepEqual(await ordered(["fe80::1/64", "198.51.100.117/24"], "2001:db8:1::1", "198.51.100.121"), [
      "198.51.100.121",
      "2001:db8:1::1",
    ]);
  });

  it("IPv6 before IPv4 when both are as good (rule 6)", async () => {
    assert.deepEqual(await ordered([GLOBAL, "10.1.2.4/24"], "10.1.2.3", "2001:db8:1::1"), [
      "2001:db8:1::1",
      "10.1.2.3",
    ]);
  });

  it("the one with the label of the address spoken from (rule 5)", async () => {
    assert.deepEqual(await ordered(["2002:c633:6401::2/64", "198.51.100.117/24"], "2001:db8:1::1", "198.51.100.121"), [
      "198.51.100.121",
      "2001:db8:1::1",
    ]);
    assert.deepEqual(
      await ordered(["2002:c633:6401::2/64", "2001:db8:1::2/64"], "2001:db8:1::1", "2002:c633:6401::1"),
      ["2001:db8:1::1", "2002:c633:6401::1"],
    );
  });

  it("the narrower scope (rule 8), then the longer common prefix (rule 9)", async () => {
    assert.deepEqual(await ordered([GLOBAL, "fe80::2/64"], "2001:db8:1::1", "fe80::1"), ["fe80::1", "2001:db8:1::1"]);
    assert.deepEqual(await ordered(["2001:db8:1::2/48"], "2001:db8:3ffe::1", "2001:db8:1::1"), [
      "2001:db8:1::1",
      "2001:db8:3ffe::1",
    ]);
  });

  it("otherwise as they came (rule 10)", async () => {
    const stack = await machine(["10.1.2.4/24"]);
    const both = ["10.1.2.9", "10.1.2.3"];
    assert.deepEqual(stack.orderAddresses(both), both);
    assert.deepEqual(stack.orderAddresses(both.toReversed()), both.toReversed());
    await stack.close({ linger: 0 });
  });

  it("the machine itself before all others", async () => {
    assert.deepEqual(await ordered([GLOBAL], "2001:db8:1::1", "2001:db8:1::2"), ["2001:db8:1::2", "2001:db8:1::1"]);
    assert.deepEqual((await ordered([GLOBAL, "10.1.2.4/24"], "127.0.0.1", "::1"))[0], "::1");
  });
});
