// The stack follows what radvd says: addresses from its prefixes, stable and temporary ones, its routes, MTU, hop limit
// and name servers, and every change of these, while connections that are open go on. A second router takes over when
// the first one dies.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { AddressStatus } from "../../host/tables.ts";
import { checkCaptures } from "./support/capture.ts";
import { addressOf, type Host, Lan, type Look, type Program } from "./support/lan.ts";
import { type Prefix, Radvd } from "./support/radvd.ts";
import { skipWithout } from "./support/requirements.ts";

const skip = skipWithout("radvd");

/** TCP's and IPv6's headers, and timestamps. */
const HEADERS = 60 + 12;
const FAR = "2001:db8:f::2";
const LONG = { valid: 7500, preferred: 3600 };
const TWO_HOURS = 7200;
const A = "2001:db8:a";
const B = "2001:db8:b";
const C = "2001:db8:c";
const SERVERS = [`${A}::53`, `${A}::54`];

const prefix = (name: string, { valid, preferred } = LONG): Prefix => ({ prefix: `${name}::/64`, valid, preferred });

/** The stack's addresses from a prefix. */
function addressesIn(look: Look, name: string, origin?: AddressStatus["origin"]): AddressStatus[] {
  const own = look.addresses.filter(({ address }) => address.startsWith(`${name}:`));
  return own.filter((address) => origin === undefined || address.origin === origin);
}

function isPreferred(look: Look, name: string): boolean {
  const own = addressesIn(look, name);
  return own.length > 0 && own.every(({ state }) => state === "PREFERRED");
}

const gateways = (look: Look): (string | null)[] =>
  look.routes.filter(({ destination }) => destination === "::/0").map(({ gateway }) => gateway);

const onLink = (look: Look, name: string): boolean =>
  look.routes.some(({ destination, gateway }) => destination === `${name}::/64` && gateway === null);

describe("one router", () => {
  let lan: Lan;
  let router: Host;
  let radvd: Radvd;
  let far: Program;
  let stack: Program;
  /** The stack's stable and temporary address from the first prefix. */
  let stable = "";
  let temporary = "";

  before(async () => {
    if (skip) return;
    lan = new Lan();
    router = lan.host();
    router.forward();
    const distant = lan.behind(router, "far0");
    router.addAddress("2001:db8:f::1/64", "far0");
    distant.addAddress(`${FAR}/64`, "far0");
    distant.ip("-6 route add default via 2001:db8:f::1");
    for (const name of [A, B, C]) router.addAddress(`${name}::1/64`);
    far = await distant.program();
    radvd = new Radvd(router, lan.folder);
    radvd.start({ prefixes: [prefix(A)], mtu: 1480, hopLimit: 61, nameServers: SERVERS });
    stack = await lan.stack({ autoconfigure: ["temporary"] });
  });

  after(() => lan?.close());

  it("gives a stable and a temporary address, a default route, an MTU and name servers", { skip }, async () => {
    const look = await stack.until("addresses", (seen) => isPreferred(seen, A) && addressesIn(seen, A).length === 2);
    stable = addressOf(look, ({ origin }) => origin === "STABLE");
    temporary = addressOf(look, ({ origin }) => origin === "TEMPORARY");
    assert.ok(!/ff:fe/.test(stable), "the address tells the adapter's");
    assert.deepEqual(gateways(look), [await router.linkLocal()]);
    assert.ok(onLink(look, A));
    assert.deepEqual(look.nameServers.map(({ address }) => address).sort(), SERVERS);
  });

  it("is the way to machines far away, both ways; what the stack begins is from the temporary address", {
    skip,
  }, async () => {
    await stack.open("out", FAR);
    await stack.exchange("out");
    await far.open("in", stable);
    await far.exchange("in");
    const sockets = (await stack.look()).sockets.filter(({ state }) => state === "ESTABLISHED");
    assert.deepEqual(sockets.map(({ localAddress }) => localAddress).sort(), [stable, temporary].sort());
    assert.deepEqual(
      sockets.map(({ sndMss }) => sndMss),
      [1480 - HEADERS, 1480 - HEADERS],
    );
    const { stdout } = await router.run("ping", ["-c", "1", stable]);
    assert.match(stdout.toString(), /ttl=61/);
  });

  it("changes prefix and MTU: the old address stays for what uses it, two hours at least", { skip }, async () => {
    const old = prefix(A, { valid: 600, preferred: 0 });
    radvd.change({ prefixes: [old, prefix(B)], mtu: 1400, hopLimit: 61, nameServers: [`${B}::53`] });
    const look = await stack.until(
      "the new prefix",
      (seen) => isPreferred(seen, B) && addressesIn(seen, B).length === 2,
    );
    for (const { state, origin, validSeconds } of addressesIn(look, A)) {
      assert.equal(state, "DEPRECATED", origin);
      assert.ok(
        validSeconds !== null && validSeconds <= TWO_HOURS && validSeconds > TWO_HOURS - 100,
        `${validSeconds}`,
      );
    }
    assert.equal(addressesIn(look, A).length, 2);
    await Promise.all([stack.exchange("out"), far.exchange("in")]);
    const sockets = (await stack.look()).sockets.filter(({ state }) => state === "ESTABLISHED");
    assert.deepEqual(
      sockets.map(({ sndMss }) => sndMss),
      [1400 - HEADERS, 1400 - HEADERS],
    );
    await stack.open("later", FAR);
    await stack.exchange("later");
    const now = addressOf(look, (own) => own.origin === "TEMPORARY" && own.address.startsWith(B));
    assert.equal((await stack.look()).sockets.filter(({ localAddress }) => localAddress === now).length, 1);
    await stack.until("the new name server", ({ nameServers }) =>
      nameServers.some(({ address }) => address === `${B}::53`),
    );
  });

  it("brings the old prefix back: its addresses are preferred again, a temporary one among them", {
    skip,
  }, async () => {
    radvd.change({ prefixes: [prefix(A), prefix(B)], mtu: 1400 });
    const look = await stack.until("both prefixes", (seen) =>
      (["STABLE", "TEMPORARY"] as const).every((origin) =>
        addressesIn(seen, A, origin).some(({ state }) => state === "PREFERRED"),
      ),
    );
    assert.equal(addressesIn(look, A, "STABLE")[0].address, stable);
    await Promise.all([stack.exchange("out"), far.exchange("in")]);
  });

  it("has a prefix of short life: an address lives as long as it is said again, no longer", { skip }, async () => {
    radvd.change({ prefixes: [prefix(A), prefix(C, { valid: 7, preferred: 5 })], mtu: 1400 });
    let look = await stack.until(
      "the third prefix",
      (seen) => isPreferred(seen, C) && addressesIn(seen, C).length === 2,
    );
    const first = addressesIn(look, C).map(({ address }) => address);
    const heard = look.counters.NdInRouterAdverts;
    look = await stack.until("more advertisements", ({ counters }) => counters.NdInRouterAdverts >= heard + 2);
    const kept = addressesIn(look, C).filter(({ state }) => state === "PREFERRED");
    assert.deepEqual(kept.map(({ address }) => address).sort(), first.sort());
    radvd.change({ prefixes: [prefix(A)], mtu: 1400 });
    await stack.until("deprecation", (seen) => addressesIn(seen, C).some(({ state }) => state === "DEPRECATED"));
    look = await stack.until("the end", (seen) => addressesIn(seen, C).length === 0 && !onLink(seen, C));
    assert.deepEqual(gateways(look), [await router.linkLocal()]);
    await Promise.all([stack.exchange("out"), far.exchange("in")]);
  });

  it("ends: there is no way far away any more, what is near goes on", { skip }, async () => {
    const near = await router.program();
    await near.open("near", stable);
    await near.exchange("near");
    await radvd.stop();
    const look = await stack.until("no router", (seen) => gateways(seen).length === 0);
    assert.ok(onLink(look, A));
    await assert.rejects(stack.fetch(FAR, 1), { code: "ENETUNREACH" });
    await near.exchange("near");
  });

  it("sent nothing that Wireshark finds fault with", { skip }, async () => {
    await stack.stop();
    await checkCaptures(lan);
  });
});

describe("two routers", () => {
  let lan: Lan;
  let routers: Host[];
  let stack: Program;

  // Both lead to the same distant machine, whose answers come through the second one.
  before(async () => {
    if (skip) return;
    lan = new Lan();
    routers = [lan.host(), lan.host()];
    for (const router of routers) router.forward();
    const distant = lan.behind(routers[0], "far0");
    lan.cable(routers[1], distant, "far1");
    for (const [i, router] of routers.entries()) {
      router.addAddress(`2001:db8:f${i}::1/64`, `far${i}`);
      distant.addAddress(`2001:db8:f${i}::2/64`, `far${i}`);
      router.addAddress(`${A}::${i + 1}/64`);
      router.ip(`-6 route add ${FAR}/128 via 2001:db8:f${i}::2`);
    }
    distant.addAddress(`${FAR}/128`, "lo");
    distant.ip("-6 route add default via 2001:db8:f1::1");
    await distant.program();
    const plans = [{ preference: "high" as const }, {}];
    for (const [i, router] of routers.entries()) {
      new Radvd(router, lan.folder).start({ prefixes: [prefix(A)], ...plans[i] });
    }
    stack = await lan.stack({ autoconfigure: true });
  });

  after(() => lan?.close());

  it("are both known; the preferred one is used", { skip }, async () => {
    const look = await stack.until("two routers", (seen) => gateways(seen).length === 2 && isPreferred(seen, A));
    assert.deepEqual(gateways(look).sort(), (await Promise.all(routers.map((router) => router.linkLocal()))).sort());
    assert.equal(addressesIn(look, A).length, 1, "nobody has asked for a temporary address");
    await stack.open("talk", FAR);
    await stack.exchange("talk");
    assert.equal(await forwarded(routers[0]), "packets");
    assert.equal(await forwarded(routers[1]), "none");
  });

  it("one dies: a connection that is open goes on through the other", { skip }, async () => {
    lan.unplug(routers[0]);
    await stack.exchange("talk");
    assert.equal(await forwarded(routers[1]), "packets");
    await stack.fetch(FAR, 1_000_000);
    const { counters } = await stack.look();
    assert.ok(counters.NeighborGiveUps > 0);
  });

  // What a router has passed on to the distant machine.
  async function forwarded(router: Host): Promise<"packets" | "none"> {
    const { stdout } = await router.run("cat", [`/sys/class/net/far${routers.indexOf(router)}/statistics/tx_bytes`]);
    return Number(stdout.toString()) > 100_000 ? "packets" : "none";
  }
});
