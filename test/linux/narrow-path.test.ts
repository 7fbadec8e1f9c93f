// A path with a narrow place between two routers: what is too big for it is reported, and the stack follows; and where
// the reports are swallowed, too, it finds that out by itself (RFC 1191, RFC 8201; RFC 4821 §7.7). Both versions of IP.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { pseudoRandom, sha256 } from "./support/files.ts";
import { curl, type Host, Lan, type Program } from "./support/lan.ts";
import { FULL } from "./support/network.ts";
import { skipWithout } from "./support/requirements.ts";

const skip = skipWithout("nft");

const BYTES = FULL ? 20_000_000 : 2_000_000;
const NARROW = 1300;
const STACK = { 4: "10.77.0.2", 6: "2001:db8:77::2" };
const FAR = { 4: "10.79.0.2", 6: "2001:db8:79::2" };
/** Routers that say nothing of what they drop. */
const SILENCE = `table inet silence {
  chain out {
    type filter hook output priority 0;
    icmpv6 type packet-too-big drop
    icmp type destination-unreachable drop
  }
}`;

for (const version of [4, 6] as const) {
  describe(`a narrow path of IPv${version}`, () => {
    let lan: Lan;
    let near: Host;
    let distant: Host;
    let stack: Program;
    const page = sha256(pseudoRandom(BYTES));

    before(async () => {
      if (skip) return;
      lan = new Lan();
      near = lan.host();
      const beyond = lan.behind(near, "mid", NARROW);
      distant = lan.behind(beyond, "far");
      for (const router of [near, beyond]) router.forward();
      near.addAddress("10.77.0.1/24");
      near.addAddress("2001:db8:77::1/64");
      for (const [host, device, last] of [
        [near, "mid", 1],
        [beyond, "mid", 2],
      ] as const) {
        host.addAddress(`10.78.0.${last}/24`, device);
        host.addAddress(`2001:db8:78::${last}/64`, device);
      }
      beyond.addAddress("10.79.0.1/24", "far");
      beyond.addAddress("2001:db8:79::1/64", "far");
      distant.addAddress(`${FAR[4]}/24`, "far");
      distant.addAddress(`${FAR[6]}/64`, "far");
      near.ip("route add 10.79.0.0/24 via 10.78.0.2");
      near.ip("-6 route add 2001:db8:79::/64 via 2001:db8:78::2");
      beyond.ip("route add default via 10.78.0.1");
      beyond.ip("-6 route add default via 2001:db8:78::1");
      distant.ip("route add default via 10.79.0.1");
      distant.ip("-6 route add default via 2001:db8:79::1");
      await distant.program();
    });

    after(() => lan?.close());

    async function startStack(): Promise<void> {
      await stack?.stop();
      stack = await lan.stack(
        { address: ["10.77.0.2/24", "2001:db8:77::2/64"], gateway: ["10.77.0.1", "2001:db8:77::1"] },
        false,
      );
      await stack.ask("ready");
    }

    it("the router's report is followed: pages arrive in both directions", { skip }, async () => {
      await startStack();
      assert.equal(sha256(await curl(distant, STACK[version], BYTES)), page);
      assert.equal((await stack.fetch(FAR[version], BYTES)).sha256, page);
      const { counters } = await stack.look();
      assert.ok(counters.TcpTooBigs > 0);
      assert.equal(counters.TcpBlackHoles, 0);
    });

    it("what is known of the path serves the next connection", { skip }, async () => {
      const before = (await stack.look()).counters.TcpTooBigs;
      await stack.open("next", FAR[version]);
      const open = (await stack.look()).sockets.filter(({ state }) => state === "ESTABLISHED");
      assert.equal(open.at(-1)?.sndMss, NARROW - (version === 4 ? 40 : 60) - 12);
      await stack.exchange("next", BYTES / 10);
      assert.equal((await stack.look()).counters.TcpTooBigs, before);
    });

    it("where the report is swallowed, a connection finds it by itself", { skip }, async () => {
      const { status, stderr } = await near.run("nft", [SILENCE]);
      assert.equal(status, 0, stderr);
      // What the distant machine has learnt of the path, it would tell the stack as its largest segment.
      for (const family of ["-4", "-6"]) distant.ip(`${family} route flush cache`);
      await startStack();
      assert.equal(sha256(await curl(distant, STACK[version], BYTES)), page);
      const { counters } = await stack.look();
      assert.equal(counters.TcpTooBigs, 0);
      assert.ok(counters.TcpBlackHoles > 0);
    });
  });
}
