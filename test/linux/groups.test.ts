// A bridge of the kernel that looks into IGMP lists the groups that the stack has joined, as long as it has; what the
// kernel sends to them arrives, and what the stack sends reaches the kernel's members. With queries of IGMPv3 and of
// IGMPv2, which the stack has to answer in kind.

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { checkCaptures } from "./support/capture.ts";
import type { MemberEvent, MemberOrder } from "./support/member.ts";
import { KERNEL, Network, STACK, TAP } from "./support/network.ts";
import { skip } from "./support/requirements.ts";

const GROUP = "239.7.7.7";
const CHANNEL = "232.7.7.7";
const NOBODY = "10.77.0.99";

/** In hundredths of a second: the bridge asks twice a second, wants answers within a tenth and forgets after two. */
const BUSY = {
  mcast_query_interval: 50,
  mcast_startup_query_interval: 50,
  mcast_query_response_interval: 10,
  mcast_membership_interval: 200,
  mcast_last_member_interval: 20,
};
/** Queries after which a member that does not answer has long been forgotten. */
const MANY_QUERIES = 8;
/** Tries, and milliseconds between them, until something that must happen counts as missing. */
const TRIES = 300;
const PAUSE = 100;

/** An entry of `bridge -d -j mdb show`. */
interface Entry {
  port: string;
  grp: string;
  src?: string;
  filter_mode?: string;
  source_list?: { address: string }[];
}

/** One of the two programs. */
class End {
  readonly events: MemberEvent[] = [];
  #said = "";

  constructor(readonly child: ChildProcess) {
    child.stderr?.on("data", (chunk) => (this.#said += chunk));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      this.events.push(JSON.parse(line) as MemberEvent);
    });
  }

  /** The first event that fits, out of those not taken yet, when it comes. */
  async take<T extends MemberEvent["event"]>(name: T): Promise<Extract<MemberEvent, { event: T }>> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const index = this.events.findIndex(({ event }) => event === name);
      if (index >= 0) return this.events.splice(index, 1)[0] as Extract<MemberEvent, { event: T }>;
      await pause();
    }
    throw new Error(`"${name}" did not come; the program said:\n${this.#said}`);
  }

  /** Does one thing; what has been counted when it was done. */
  async perform(line: string): Promise<Record<string, number>> {
    this.child.stdin?.write(`${line}\n`);
    return (await this.take("done")).counters;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE));
}

for (const version of [3, 2]) {
  describe(`groups on a bridge that asks with IGMPv${version}`, () => {
    let network: Network;
    let stack: End;
    let kernel: End;

    async function entries(group: string): Promise<Entry[]> {
      const { stdout } = await network.run("bridge", ["-d", "-j", "mdb", "show"]);
      const [table] = JSON.parse(stdout.toString()) as [{ mdb: Entry[] }];
      return table.mdb.filter(({ port, grp }) => port === TAP && grp === group);
    }

    async function until(group: string, isRight: (found: Entry[]) => boolean): Promise<Entry[]> {
      let found: Entry[] = [];
      for (let attempt = 0; attempt < TRIES; attempt++) {
        found = await entries(group);
        if (isRight(found)) return found;
        await pause();
      }
      throw new Error(`the bridge has ${JSON.stringify(found)} for ${group}`);
    }

    before(async () => {
      if (skip) return;
      network = new Network();
      network.putIntoBridge(version, BUSY);
      const start = (kind: MemberOrder["kind"], pcap: string): End =>
        new End(network.script("member.ts", { kind, pcap } satisfies MemberOrder));
      [stack, kernel] = [start("thimble", network.newCapture()), start("kernel", "")];
      await Promise.all([stack.take("ready"), kernel.take("ready")]);
      // The stack takes part in the bridge's version once it has heard it ask.
      while (((await stack.perform("count")).IgmpInQueries ?? 0) === 0) await pause();
    });

    after(() => network?.close());

    it("a group that the stack joins is listed, and what the kernel sends to it arrives", { skip }, async () => {
      await stack.perform(`join ${GROUP}`);
      const [entry] = await until(GROUP, (found) => found.length > 0);
      if (version === 3) assert.equal(entry?.filter_mode, "exclude");
      await kernel.perform(`send ${GROUP} hello`);
      const { text, address } = await stack.take("received");
      assert.deepEqual([text, address], ["hello", KERNEL]);
    });

    it("it stays listed, since the stack answers the bridge's questions", { skip }, async () => {
      const heard = async (): Promise<number> => (await stack.perform("count")).IgmpInQueries ?? 0;
      const enough = (await heard()) + MANY_QUERIES;
      while ((await heard()) < enough) await pause();
      assert.equal((await entries(GROUP)).length, 1);
    });

    it("what the stack sends to it reaches a member of the kernel's", { skip }, async () => {
      await kernel.perform(`join ${GROUP}`);
      await stack.perform(`send ${GROUP} from-the-stack`);
      for (;;) {
        const { text, address } = await kernel.take("received");
        if (address === KERNEL) continue; // its own, from before
        assert.deepEqual([text, address], ["from-the-stack", STACK]);
        return;
      }
    });

    it("it is listed no longer when the stack has left, though the bridge has not forgotten it", { skip }, async () => {
      network.setBridge({ mcast_membership_interval: 100_000 });
      await kernel.perform(`leave ${GROUP}`);
      await pause();
      await until(GROUP, (found) => found.length > 0);
      await stack.perform(`leave ${GROUP}`);
      await until(GROUP, (found) => found.length === 0);
    });

    it("of a source-specific group only what the source sends arrives", { skip }, async () => {
      await stack.perform(`join ${CHANNEL} ${NOBODY}`);
      const [entry] = await until(CHANNEL, (found) => found.length > 0);
      if (version === 3) assert.equal(entry?.filter_mode, "include");
      await kernel.perform(`send ${CHANNEL} unwanted`);
      await stack.perform(`join ${CHANNEL} ${KERNEL}`);
      const isListed = (source: string) => (found: Entry[]) => version === 2 || JSON.stringify(found).includes(source);
      await until(CHANNEL, isListed(KERNEL));
      await kernel.perform(`send ${CHANNEL} wanted`);
      for (;;) {
        const { text } = await stack.take("received");
        if (text === "hello" || text === "from-the-stack") continue;
        assert.equal(text, "wanted");
        break;
      }
      await stack.perform(`leave ${CHANNEL} ${KERNEL}`);
      await stack.perform(`leave ${CHANNEL} ${NOBODY}`);
      await until(CHANNEL, (found) => found.length === 0);
    });

    it("the stack has spoken its version alone", { skip }, async () => {
      const counters = await stack.perform("count");
      assert.equal(counters.IgmpInErrors, 0);
      assert.equal(counters.IgmpInForeign, 0);
      assert.equal((counters.IgmpOutLeaves ?? 0) > 0, version === 2, JSON.stringify(counters));
    });

    it("sent nothing that Wireshark finds fault with", { skip }, async () => {
      await network.stop(stack.child);
      await checkCaptures(network);
    });
  });
}
