// Attacks on hosts of an IPv6 link, as a well-known collection of programs makes them. Each runs for a few seconds; meanwhile and
// afterwards the stack serves pages and answers pings, what it remembers has limits, and it tells what has happened.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { pseudoRandom, sha256 } from "./support/files.ts";
import { curl, ETH, type Host, Lan, type Look, type Program } from "./support/lan.ts";
import { FULL } from "./support/network.ts";
import { Radvd } from "./support/radvd.ts";
import { skipWithout } from "./support/requirements.ts";

const skip = skipWithout("radvd", "atk6-flood_router26");

const SECONDS = FULL ? 10 : 1;
const BYTES = 1_000_000;
const PREFIX = "2001:db8:77";
const STACK = `${PREFIX}::2`;
const FRIEND = `${PREFIX}::1`;
/** A router that is not there. */
const NOBODY = "fe80::66";
/** A machine behind the router. */
const FAR = "2001:db8:f::2";

interface Attack {
  /** What the attacker runs; several one after the other. */
  commands: readonly (readonly string[])[];
  /** Counters that grow. */
  counted: readonly string[];
  /** The stack believes nothing of it: no route and no address comes of it. */
  futile?: boolean;
}

const perCase = (program: string, cases: number): string[][] =>
  Array.from({ length: cases }, (_, i) => [program, ETH, STACK, `${i + 1}`]);

const ATTACKS: Record<string, Attack> = {
  "a flood of routers in fragments": {
    commands: [["flood_router26", "-F", ETH]],
    counted: ["Ip6ReasmReqds"],
    futile: true,
  },
  "a flood of routers": { commands: [["flood_router26", ETH]], counted: ["NdInRouterAdverts", "NdTablesFull"] },
  "a flood of routers with options hop by hop": {
    commands: [["flood_router26", "-H", ETH]],
    counted: ["NdTablesFull"],
  },
  "a flood of advertisements": { commands: [["flood_advertise6", ETH, STACK]], counted: ["NdInAdverts"] },
  "a flood of solicitations": {
    commands: [["flood_solicitate6", ETH, STACK, STACK]],
    counted: ["NdInSolicits", "NdOutAdverts"],
  },
  "a flood of redirects": { commands: [["flood_redir6", ETH]], counted: ["NdInRedirects", "NdInInvalid"] },
  "a flood of errors": { commands: [["flood_unreach6", "-p", ETH, STACK]], counted: ["Icmp6InDestUnreachs"] },
  "a flood of group reports": { commands: [["flood_mld6", ETH]], counted: ["Ip6InReceives"] },
  "a narrow path that is none": {
    commands: [["toobig6", "-u", ETH, STACK, FRIEND, "1280"]],
    counted: ["Ip6InReceives"],
  },
  "fragments in all sorts": { commands: [["fragmentation6", "-p", ETH, STACK]], counted: ["Ip6ReasmReqds"] },
  "an answer from everybody": { commands: [["smurf6", ETH, STACK]], counted: ["Ip6InReceives"] },
  "an answer to everybody": { commands: [["rsmurf6", ETH, STACK]], counted: ["Ip6InAddrErrors"] },
  "headers without end": { commands: perCase("denial6", 7), counted: ["Ip6InHdrErrors"] },
  "what has harmed others": { commands: [["exploit6", ETH, STACK]], counted: ["Ip6InReceives"] },
  "every peculiarity of the protocol": {
    commands: [["implementation6", "-p", ETH, STACK]],
    counted: ["Ip6ReasmReqds"],
  },
  "a router that is none": {
    commands: [["fake_router26", "-A", "2001:db8:bad::/64", "-M", "1280", ETH]],
    counted: ["NdInRouterAdverts"],
  },
};

/** How much of it comes from the link. */
const learnt = ({ routes, addresses }: Look): number =>
  [...routes, ...addresses].filter(({ origin }) => origin !== "MANUAL" && origin !== "LINK_LOCAL").length;

/** What is the same before and after: the addresses and routes that people have set. */
function configured(look: Look): unknown {
  const addresses = look.addresses.filter(({ origin }) => origin === "MANUAL" || origin === "LINK_LOCAL");
  const routes = look.routes.filter(({ origin }) => origin === "MANUAL");
  return {
    addresses: addresses.map(({ address, state }) => [address, state]),
    routes: routes.map(({ destination, gateway }) => [destination, gateway]),
  };
}

describe("attacks on the hosts of a link", () => {
  let lan: Lan;
  let friend: Host;
  let attacker: Host;
  let stack: Program;
  let atFirst: Look;
  const page = sha256(pseudoRandom(BYTES));

  before(async () => {
    if (skip) return;
    lan = new Lan();
    friend = lan.host();
    friend.forward();
    friend.addAddress(`${FRIEND}/64`);
    const distant = lan.behind(friend, "far0");
    friend.addAddress("2001:db8:f::1/64", "far0");
    distant.addAddress(`${FAR}/64`, "far0");
    distant.ip("-6 route add default via 2001:db8:f::1");
    await distant.program();
    attacker = lan.host();
    attacker.addAddress(`${PREFIX}::66/64`);
    new Radvd(friend, lan.folder).start({ prefixes: [{ prefix: `${PREFIX}::/64`, valid: 7500, preferred: 3600 }] });
    stack = await lan.stack({ address: `${STACK}/64`, autoconfigure: true }, false);
    await stack.until("a router", ({ routes }) => routes.some(({ origin }) => origin === "ROUTER"));
    await stack.ask("ready");
    atFirst = await stack.look();
  });

  after(() => lan?.close());

  /** Runs the attack to its end, or until its time is over. */
  async function attack(commands: Attack["commands"]): Promise<void> {
    for (const [program, ...args] of commands) {
      const time = SECONDS / commands.length;
      await attacker.run("timeout", ["-s", "KILL", `${time}`, `atk6-${program}`, ...args]);
    }
  }

  async function pings(count: number): Promise<number> {
    const { stdout } = await friend.run("ping", ["-q", "-c", `${count}`, "-i", "0.1", "-W", "1", STACK]);
    return Number(/(\d+) received/.exec(stdout.toString())?.[1]);
  }

  it("a redirect to a router that is not there is believed until it does not answer", { skip }, async () => {
    await stack.open("far", FAR);
    const router = await friend.linkLocal();
    await attack([["redir6", ETH, STACK, FAR, router, NOBODY, "02:00:00:00:66:66"]]);
    await stack.until("the redirect", ({ routes }) => routes.some(({ origin }) => origin === "REDIRECT"));
    await stack.exchange("far");
    assert.ok((await stack.look()).routes.every(({ origin }) => origin !== "REDIRECT"));
    await stack.end("far");
  });

  for (const [name, { commands, counted, futile }] of Object.entries(ATTACKS)) {
    it(`${name}: pages and pings go on`, { skip }, async () => {
      const before = await stack.look();
      let attacking = true;
      const attacked = attack(commands).finally(() => {
        attacking = false;
      });
      const times: number[] = [];
      let answered = 0;
      while (attacking) {
        const began = performance.now();
        assert.equal(sha256(await curl(friend, STACK, BYTES)), page);
        times.push(Math.round(performance.now() - began));
        answered += await pings(3);
      }
      await attacked;
      assert.equal(await pings(3), 3, "quiet again");
      const after = await stack.look();
      const grown = Object.entries(after.counters)
        .map(([counter, value]) => [counter, value - (before.counters[counter] ?? 0)] as const)
        .filter(([counter, more]) => more > 0 && /^(Nd|Ip6In|Icmp6|Neighbor|Ip6Reasm)/.test(counter))
        .map(([counter, more]) => `${counter} ${more}`);
      process.stdout.write(`  ${name}: pages in ${times.join(", ")} ms, ${answered} pings; ${grown.join(", ")}\n`);
      assert.ok(answered > 0, "no ping was answered meanwhile");
      for (const counter of counted)
        assert.ok((after.counters[counter] ?? 0) > (before.counters[counter] ?? 0), counter);
      assert.deepEqual(configured(after), configured(atFirst));
      if (futile) assert.equal(learnt(after), learnt(before));
    });
  }

  it("afterwards there is room for what people set", { skip }, async () => {
    const { routes, addresses, pools } = await stack.look();
    assert.ok(routes.length <= (pools.ROUTES * 3) / 4, `${routes.length} of ${pools.ROUTES}`);
    assert.ok(addresses.length <= (pools.ADDRESSES * 3) / 4, `${addresses.length} of ${pools.ADDRESSES}`);
  });

  it("no packet is kept for anything that came", {
    skip: skip || (!FULL && "takes a minute; THIMBLE_FULL=1"),
  }, async () => {
    await stack.until("rest", ({ pools }) => pools.PACKETS === atFirst.pools.PACKETS);
  });

  it("answers to every claim: the addresses of a machine that starts are all taken, and it says so", {
    skip,
  }, async () => {
    await stack.stop();
    const denying = attacker.spawn("atk6-dos-new-ip6", [ETH]);
    const denied = await lan.stack({ address: [`${STACK}/64`, "10.77.0.2/24"], autoconfigure: true }, false);
    await denied.ask("ready");
    denying.kill("SIGKILL");
    const { addresses, news, counters } = await denied.look();
    const states = addresses.map(({ address, state }) => `${address.includes(":") ? 6 : 4} ${state}`);
    assert.ok(states.includes("4 PREFERRED"), "IPv4 is not concerned");
    assert.ok(
      states.filter((state) => state.startsWith("6")).every((state) => state === "6 DUPLICATE"),
      `${states}`,
    );
    assert.ok(news.conflict > 0 && counters.NdInConflicts > 0);
    await denied.stop();
  });
});
