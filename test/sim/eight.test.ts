// Eight connections that all send and receive at once in a pool of 16 packets: byte-exact, nothing that lay in a window
// dropped for want of room, and every packet back at the end. Seeded: THIMBLE_SEED=n; more with THIMBLE_FULL=1.

import assert from "node:assert/strict";
import type { Stack } from "../../host/stack.ts";
import type { Impairments } from "../../host/wire/impair.ts";
import { test } from "../runner/recorded.ts";
import { exchange, Network, PORT, RIGHT_ADDRESS, randomFile } from "./network.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const FIRST_SEED = Number(process.env.THIMBLE_SEED ?? 1);
const SEEDS = FULL ? 10 : 1;
const BYTES = FULL ? 200_000 : 60_000;
const CONNECTIONS = 8;
const FIRST_LOCAL_PORT = 41_000;

/** What must stay zero: data that the peer was allowed to send, and that found no room. */
const DROPS = ["TcpInOutOfOrderDrops", "TcpNoBuffers", "TcpNoControlBlock", "EthOutNoCarrier"];

interface Trial {
  title: string;
  leftProfile: string;
  impairments: Impairments;
  /** A cable that loses nothing: there must be no retransmission either. */
  clean: boolean;
}

const TRIALS: readonly Trial[] = [
  {
    title: "against a machine with memory to spare",
    leftProfile: "node",
    impairments: { delay: 2_000, rate: 10_000_000 },
    clean: true,
  },
  { title: "against its own kind", leftProfile: "eight", impairments: { delay: 2_000, rate: 10_000_000 }, clean: true },
  {
    title: "against its own kind over a bad cable",
    leftProfile: "eight",
    impairments: { loss: 0.03, duplicate: 0.03, corrupt: 0.03, reorder: 0.1, delay: 20_000 },
    clean: false,
  },
];

async function exchangeAll(network: Network, seed: number): Promise<void> {
  const listener = await network.right.listen({ port: PORT, backlog: CONNECTIONS });
  const ports = Array.from({ length: CONNECTIONS }, (_, i) => FIRST_LOCAL_PORT + i);
  const opened = ports.map((localPort) => network.left.connect({ address: RIGHT_ADDRESS, port: PORT, localPort }));
  const accepted = ports.map(() => listener.accept());
  const lefts = await network.settle(Promise.all(opened));
  const rights = await network.settle(Promise.all(accepted));
  await listener.close();
  // Each connection has a file of its own, known by the left side's port, so that none can be taken for another.
  const exchanges = [
    ...lefts.map((end) => exchange([end], randomFile(seed + end.localPort, BYTES))),
    ...rights.map((end) => exchange([end], randomFile(seed + end.remotePort, BYTES))),
  ];
  await network.settle(Promise.all(exchanges));
}

function demandNoDrops(stack: Stack, clean: boolean): void {
  const counters = stack.counters();
  for (const name of DROPS) assert.equal(counters[name], 0, name);
  if (!clean) return;
  assert.equal(stack.macs[0].counters.rxOverflows, 0, "frames that found no descriptor");
  // A tail loss probe may go while the queue in front of the cable grows; nothing may be taken for lost.
  assert.equal(counters.TcpTimeouts, 0, "TcpTimeouts on a cable that loses nothing");
  assert.equal(counters.TcpFastRetransmits, 0, "TcpFastRetransmits on a cable that loses nothing");
}

for (const { title, leftProfile, impairments, clean } of TRIALS) {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    test(`eight connections at once in profile eight, ${title}, seed ${seed}`, async () => {
      const network = await Network.create({ seed, leftProfile, rightProfile: "eight", impairments });
      await exchangeAll(network, seed);
      network.demandEmpty();
      demandNoDrops(network.right, clean);
    });
  }
}
