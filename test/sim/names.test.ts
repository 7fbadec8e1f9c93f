// Client and server of ours on bad cables, for DHCP and DNS: frames are lost, doubled, damaged, late and out of order, and
// the link goes away now and then. Whatever happens, the client has its address in the end, keeps it while it may, finds
// every name that the server has and no other; and no message was malformed, since what the cable damages UDP's checksum
// finds. Everything follows from the seed. A few seeds; 60 with THIMBLE_FULL=1; from another seed with THIMBLE_SEED=n.

import assert from "node:assert/strict";
import test from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { Random } from "../../host/random.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const FIRST_SEED = Number(process.env.THIMBLE_SEED ?? 1);
const SEEDS = FULL ? 60 : 6;
const SECOND = 1_000_000;
const HOSTS = 20;
const LEASE_SECONDS = 300;
const ROUNDS = 30;
/** Longest that a client may take to its address on such a cable, in seconds. */
const PATIENCE = 600;

function leased(stack: Stack): string | undefined {
  return stack.addresses().find(({ origin, state }) => origin === "LEASE" && state === "PREFERRED")?.address;
}

for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
  test(`an address and names over a bad cable, seed ${seed}`, async () => {
    const random = new Random(seed, 9);
    const clock = new VirtualClock();
    const impairments = {
      ...{ loss: random.unit() * 0.3, duplicate: random.unit() * 0.2, corrupt: random.unit() * 0.2 },
      ...{ reorder: random.unit() * 0.3, delay: random.below(300_000) },
    };
    const cable = createCable({ clock, seed, ...impairments });
    const server = await createStack({
      wires: [{ wire: cable.left, address: "10.0.0.1/24" }],
      ...{ clock, seed, searchDomain: "test" },
    });
    server.names.lend({ first: "10.0.0.100/24", last: "10.0.0.110", seconds: LEASE_SECONDS, nameServer: "10.0.0.1" });
    for (let i = 0; i < HOSTS; i++) server.names.addHost(`host-${i}.test`, `10.0.1.${i}`);
    server.names.serve();
    const client = await createStack({ wires: [{ wire: cable.right, dhcp: true }], clock, seed: seed + 1000 });
    const pass = (seconds: number): void => clock.runUntil(clock.now() + seconds * SECOND);
    for (let waited = 0; leased(client) === undefined; waited++) {
      assert.ok(waited < PATIENCE, "no address after ten minutes");
      pass(1);
    }
    for (let round = 0; round < ROUNDS; round++) {
      pass(random.below(2 * LEASE_SECONDS));
      if (random.chance(0.2)) {
        cable.unplug();
        pass(random.below(LEASE_SECONDS));
        cable.plug();
      }
      for (let waited = 0; leased(client) === undefined; waited++) {
        assert.ok(waited < PATIENCE, "no address again after ten minutes");
        pass(1);
      }
      await lookUp(client, clock, random.below(HOSTS + 5));
    }
    for (const name of ["DhcpInMalformed", "DnsInMalformed"]) assert.equal(client.counters()[name], 0, name);
    for (const name of ["DhcpServerInMalformed", "DnsServerInMalformed", "DhcpServerNoAddress"]) {
      assert.equal(server.counters()[name], 0, name);
    }
    await Promise.all([client.close({ linger: 0 }), server.close({ linger: 0 })]);
  });
}

// A name that is there, or one that is not; on such a cable it may also be that nobody answers.
async function lookUp(client: Stack, clock: VirtualClock, number: number): Promise<void> {
  const { outcome, addresses } = await clock.settle(client.resolve(`host-${number}`, 1));
  if (outcome === "TIMED_OUT") return;
  assert.equal(outcome, number < HOSTS ? "FOUND" : "NO_NAME");
  assert.deepEqual(addresses, number < HOSTS ? [`10.0.1.${number}`] : []);
}
