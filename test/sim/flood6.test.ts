// Neighbor discovery in floods, at a connection through a router: advertisements of thousands of routers and prefixes,
// questions from thousands of neighbors, redirects for thousands of destinations, datagrams to closed ports. Tables stay
// within their bounds, the router stays the router and is not asked for again, and the connection goes on. All in virtual
// time, from one seed: THIMBLE_SEED=n.

import assert from "node:assert/strict";
import { RouteOrigin } from "../../assembly/abi/addresses.ts";
import { Counter } from "../../assembly/abi/counters.ts";
import { parseAddress } from "../../host/core/address.ts";
import { Random } from "../../host/random.ts";
import { test } from "../runner/recorded.ts";
import { NEIGHBOR_ADVERTISEMENT } from "../segment/frames/discovery.ts";
import { type ReadFrame, readFrame } from "../segment/frames.ts";
import type { Machine } from "../segment/machine.ts";
import { readPacket } from "../segment/patterns.ts";
import { Player } from "../segment/play.ts";
import { parseScript } from "../segment/script.ts";

const FRAMES = process.env.THIMBLE_FULL ? 100_000 : 4_000;
const SEED = Number(process.env.THIMBLE_SEED ?? 1);
/** Frames between two turns of the machine, and the microseconds that pass: some three hundred thousand in a second. */
const BURST = 16;
const PERIOD = 50;
/** The word of a route's row that says where it comes from (assembly/stack/tables.ts). */
const ROUTE_ORIGIN = 10;

/** Most routes, neighbors and addresses of profile node. */
const { ROUTES, NEIGHBORS, ADDRESSES } = { ROUTES: 32, NEIGHBORS: 256, ADDRESSES: 16 };

/** A connection through a router that has advertised itself. */
const OPENED = `
// A connection through a router
* ip 6
* seed ${SEED}
* peer 2001:db8:9::2
+0    < nd router-advertise <source, prefix 2001:db8:7::/64 L>
+0    connect
+0    > S  0:0(0)
+0    < S. 0:0(0) ack 1 win 65535 <mss 1000>
+0    > .  1:1(0) ack 1
+0    write 10
+0    > P. 1:11(10) ack 1
+0    < .  1:1(0) ack 11 win 65535
`;

/** The router is the one it was, and the connection goes on. */
const GOES_ON = `
+3    route ::/0 via peer-local = 1~1800
+0    address us = PREFERRED
+0    write 1000
+0    > P. 11:1011(1000) ack 1
+0.01 < .  1:1(0) ack 1011 win 65535
+0    abort
+0    > R. 1011:1011(0) ack 1
`;

class Flood {
  readonly #random = new Random(SEED, 6);
  /** What the machine has sent meanwhile. */
  readonly said: ReadFrame[] = [];

  static async create(): Promise<Flood> {
    const player = await Player.create(parseScript("flood", OPENED));
    player.playSteps();
    return new Flood(player);
  }

  private constructor(readonly player: Player) {}

  get machine(): Machine {
    return this.player.machine;
  }

  /** Injects lines, which draw hexadecimal words with `word`; the router stays in the table of neighbors after each turn. */
  rush(line: (word: () => string) => string): void {
    const { machine, player } = this;
    const word = (): string => this.#random.below(0x10000).toString(16);
    for (let sent = 0; sent < FRAMES; sent += BURST) {
      for (let i = 0; i < BURST; i++) {
        const event = readPacket("in", line(word), (sentence) => assert.fail(sentence));
        machine.inject(player.peer.frameOf(event, player.peer.conversation(1)));
      }
      machine.now += PERIOD;
      do machine.poll();
      while (machine.wakeAt <= machine.now);
      for (const frame of machine.takeFrames()) this.said.push(readFrame(frame));
      assert.ok(this.knowsRouter(), `the router is forgotten after ${sent + BURST} frames`);
    }
  }

  knowsRouter(): boolean {
    const router = this.player.peer.network.names.get("peer-local") as Uint8Array;
    const address = [...new Uint32Array(router.slice().buffer)];
    return this.machine.table("neighbor").some((row) => address.every((each, i) => row[i] === each));
  }

  /** The connection goes on, and when it is over the pools are as full as before. */
  end(): void {
    this.player.playLines(GOES_ON);
    this.player.finish();
  }

  count(counter: Counter): number {
    return this.machine.counters()[counter];
  }

  /** Routes that come from there. */
  routes(origin: RouteOrigin): number {
    return this.machine.table("route").filter((row) => row[ROUTE_ORIGIN] === origin).length;
  }

  /** A route that somebody sets by hand. */
  addRoute(): number {
    const prefix = this.machine.core.putAddress(parseAddress("2001:db8:77::"), 0);
    const gateway = this.machine.core.putAddress(parseAddress("fe80::77"), 1);
    return this.machine.call("addRoute", prefix, 48, gateway, 0);
  }
}

function mac(word: () => string): string {
  return `02:00:00:00:01:${(Number.parseInt(word(), 16) & 0xff).toString(16).padStart(2, "0")}`;
}

test(`routers that nobody knows do not drive out the one in use (${FRAMES} advertisements, seed ${SEED})`, async () => {
  const flood = await Flood.create();
  flood.rush((word) => `nd router-advertise from fe80::${word()}:${word()} <source ${mac(word)}>`);
  assert.ok(flood.machine.table("route").length <= ROUTES);
  assert.ok(flood.count(Counter.NdTablesFull) > 0);
  flood.end();
});

test(`prefixes without number make no more addresses than there is room for (${FRAMES} of them, seed ${SEED})`, async () => {
  const flood = await Flood.create();
  flood.rush((word) => `nd router-advertise <prefix 2001:db8:${word()}:${word()}::/64 LA 7000 7000>`);
  assert.ok(flood.machine.table("address").length <= ADDRESSES);
  assert.ok(flood.machine.table("route").length <= ROUTES);
  assert.ok(flood.count(Counter.NdTablesFull) > 0);
  flood.end();
});

test(`whoever asks is answered, and drives out nobody who is in use (${FRAMES} questions, seed ${SEED})`, async () => {
  const flood = await Flood.create();
  flood.rush((word) => `nd solicit us from 2001:db8::${word()}:${word()} <source ${mac(word)}>`);
  assert.equal(flood.said.filter(({ discovery }) => discovery?.type === NEIGHBOR_ADVERTISEMENT).length, FRAMES);
  assert.ok(flood.machine.table("neighbor").length <= NEIGHBORS);
  flood.end();
});

test(`neighbors that do not answer drive out nobody who does (${FRAMES} echoes, seed ${SEED})`, async () => {
  const flood = await Flood.create();
  flood.rush((word) => `icmp echo bytes 8 from 2001:db8::${word()}:${word()}`);
  assert.ok(flood.machine.table("neighbor").length <= NEIGHBORS);
  flood.end();
});

test(`advertisements of strangers are not remembered (${FRAMES} of them, seed ${SEED})`, async () => {
  const flood = await Flood.create();
  const before = flood.machine.table("neighbor").length;
  flood.rush((word) => `nd advertise 2001:db8::${word()}:${word()} override <target ${mac(word)}>`);
  assert.equal(flood.machine.table("neighbor").length, before);
  flood.end();
});

test(`redirects leave half of the routes to others (${FRAMES} of them, seed ${SEED})`, async () => {
  const flood = await Flood.create();
  const others = flood.machine.table("route").length;
  flood.rush((word) => `nd redirect 2001:db8:9:1:${word()}::${word()} via fe80::${word()} <target ${mac(word)}>`);
  assert.equal(flood.machine.table("route").length, ROUTES / 2, "redirects leave half of the routes");
  assert.equal(flood.routes(RouteOrigin.REDIRECT), ROUTES / 2 - others);
  assert.equal(flood.count(Counter.NdTablesFull), 0, "the oldest gives way");
  assert.equal(flood.addRoute(), 0, "there is room for a route that somebody sets");
  flood.end();
});

test(`errors come fifty at once, and then a hundred in a second (${FRAMES} datagrams, seed ${SEED})`, async () => {
  const flood = await Flood.create();
  const began = flood.machine.now;
  flood.rush(() => "udp 10");
  const most = 50 + (flood.machine.now - began) / 10_000;
  const errors = flood.said.filter(({ icmp }) => icmp !== undefined).length;
  assert.ok(errors >= 50 && errors <= most + 1, `${errors} errors`);
  assert.equal(flood.count(Counter.Icmp6OutRateLimited), FRAMES - errors);
  flood.end();
});
