// Datagrams of up to 64 KB in fragments. Over a bad cable those arrive that arrive byte-exact, and all of them where
// nothing is lost; a bomb of fragments whose rest never comes does not keep a connection from its work. Afterwards the
// machines are as empty as they were. Everything follows from the seed, which stands in the test's title.
// A few seeds; 20 with THIMBLE_FULL=1; from another seed with THIMBLE_SEED=n.

import assert from "node:assert/strict";
import { VirtualClock } from "../../host/clock.ts";
import { parseAddress, parseMac } from "../../host/core/address.ts";
import { StackError } from "../../host/errors.ts";
import { Random } from "../../host/random.ts";
import type { UdpSocket } from "../../host/socket/udp-socket.ts";
import { createStack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import type { Impairments } from "../../host/wire/impair.ts";
import { test } from "../runner/recorded.ts";
import { checksum } from "../segment/frames/bytes.ts";
import { FloodedWire } from "./flooded-wire.ts";
import { ELSEWHERE } from "./forged-syns.ts";
import { FragmentBomb } from "./fragment-bomb.ts";
import {
  LEFT_ADDRESS,
  Network,
  PATIENCE,
  PORT,
  RIGHT_ADDRESS,
  randomFile,
  receiveExactly,
  sendAll,
} from "./network.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const FIRST_SEED = Number(process.env.THIMBLE_SEED ?? 1);
const SEEDS = FULL ? 20 : 3;
const DATAGRAMS = FULL ? 100 : 20;
const LARGEST = 65_507;
const FILE_BYTES = 1_000_000;
/** Microseconds after which nothing comes any more that is on its way, and after which fragments are given up. */
const QUIET = 1_000_000;
const LONG_AFTER = 61_000_000;

const SHUFFLED: Impairments = { duplicate: 0.1, reorder: 0.2, delay: 20_000 };
const BAD: Impairments = { ...SHUFFLED, loss: 0.005, corrupt: 0.005, flipThrough: 0.005 };

/** Bytes of the datagram with that number: small ones, and those around the edges of packets, are among them. */
function sizeOf(random: Random): number {
  const edge = 1472 + 1480 * random.below(44);
  const sizes = [random.below(3000), random.below(LARGEST + 1), LARGEST, Math.min(LARGEST, edge + random.below(3) - 1)];
  return Math.max(4, sizes[random.below(sizes.length)]);
}

/** The datagram with that number, which its first bytes tell. */
function datagram(seed: number, number: number, bytes: number): Uint8Array {
  const data = randomFile(seed * 1000 + number, bytes).slice();
  new DataView(data.buffer).setUint32(0, number);
  return data;
}

/** Receives until the socket closes; throws at a datagram that is not the one its number says. */
async function receiveAll(socket: UdpSocket, sent: readonly Uint8Array[], seen: Set<number>): Promise<void> {
  for (;;) {
    const data = await receiveNext(socket);
    if (data === null) return;
    const number = new DataView(data.buffer, data.byteOffset).getUint32(0);
    assert.ok(number < sent.length, `a datagram with the number ${number} was never sent`);
    // Two bits that were damaged behind the FCS may make up for each other in the sum: nothing on the way can know.
    const isSeen = Buffer.compare(data, sent[number]) === 0;
    if (!isSeen) assert.equal(checksum(data), checksum(sent[number]), `datagram ${number} has other bytes`);
    else seen.add(number);
  }
}

/** The next datagram; null when the socket is closed. That a late double of a fragment stayed alone is told, and no matter. */
async function receiveNext(socket: UdpSocket): Promise<Uint8Array | null> {
  for (;;) {
    try {
      return (await socket.receive()).data;
    } catch (error) {
      if (!(error instanceof StackError)) throw error;
      if (error.code === "EBADF") return null;
      assert.equal(error.code, "EHOSTUNREACH"); // time exceeded, code 1 (RFC 792)
    }
  }
}

/** Sends datagrams both ways, one after the other; how many of them came to each side. */
async function exchange(network: Network, seed: number): Promise<number[]> {
  const random = new Random(seed, 11);
  const sent = Array.from({ length: DATAGRAMS }, (_, number) => datagram(seed, number, sizeOf(random)));
  const sockets = await Promise.all([network.left, network.right].map((stack) => stack.udp({ port: PORT })));
  const seen = [new Set<number>(), new Set<number>()];
  const receiving = sockets.map((socket, side) => receiveAll(socket, sent, seen[side]));
  for (const data of sent) {
    await Promise.all([sockets[0].send(data, RIGHT_ADDRESS, PORT), sockets[1].send(data, LEFT_ADDRESS, PORT)]);
    await network.sleep(QUIET);
  }
  for (const socket of sockets) socket.close();
  await Promise.all(receiving);
  return seen.map(({ size }) => size);
}

for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
  const profiles = { seed, leftProfile: "node", rightProfile: "node" };

  test(`${DATAGRAMS} datagrams each way, shuffled and doubled: all of them arrive (seed ${seed})`, async () => {
    const network = await Network.create({ ...profiles, impairments: SHUFFLED });
    assert.deepEqual(await network.settle(exchange(network, seed)), [DATAGRAMS, DATAGRAMS]);
    const { IpReasmOKs, ReasmDuplicates } = network.right.counters();
    assert.ok(IpReasmOKs > 0 && ReasmDuplicates > 0, "the cable has not shown anything");
    network.demandEmpty();
  });

  test(`${DATAGRAMS} datagrams each way over a bad cable: what arrives is right (seed ${seed})`, async () => {
    const network = await Network.create({ ...profiles, impairments: BAD });
    const [left, right] = await network.settle(exchange(network, seed));
    assert.ok(left > 0 && right > 0, "nothing came through");
    network.demandEmpty();
    assert.ok(network.right.counters().ReasmTimeouts > 0, "no datagram was incomplete");
  });
}

test(`a connection among a bomb of first fragments (seed ${FIRST_SEED})`, async () => {
  const clock = new VirtualClock();
  const cable = createCable({ delay: 1_000, clock });
  const wire = new FloodedWire(cable.right, [ELSEWHERE]);
  const mac = "02:00:0a:00:00:02";
  const seed = FIRST_SEED;
  const client = await createStack({ clock, seed, wires: [{ wire: cable.left, address: `${LEFT_ADDRESS}/24` }] });
  const wires = [{ wire, mac, address: `${RIGHT_ADDRESS}/24`, gateway: LEFT_ADDRESS }];
  const server = await createStack({ clock, seed: seed + 1, wires });
  const victim = { mac: parseMac(mac), address: parseAddress(RIGHT_ADDRESS).subarray(12), port: PORT };
  const file = randomFile(seed, FILE_BYTES);

  const listener = await server.listen({ port: PORT });
  const fetch = async (): Promise<number> => {
    const began = clock.now();
    const [near, far] = await Promise.all([client.connect({ address: RIGHT_ADDRESS, port: PORT }), listener.accept()]);
    await Promise.all([sendAll(near, file), receiveExactly(far, file)]);
    await Promise.all([near.close(), far.close()]);
    return clock.now() - began;
  };
  const alone = await clock.settle(fetch(), PATIENCE);
  const flood = wire.flood(new FragmentBomb(victim, seed), clock);
  const meanwhile = await clock.settle(fetch(), PATIENCE);
  wire.stop();
  await clock.settle(flood, PATIENCE);

  const counters = server.counters();
  const tell = `${alone / 1000} ms alone, ${meanwhile / 1000} ms among ${counters.IpReasmReqds} fragments`;
  process.stdout.write(`  a transfer takes ${tell}, of virtual time\n`);
  assert.ok(counters.IpReasmReqds > 10_000, `only ${counters.IpReasmReqds} fragments`);
  assert.equal(counters.IpReasmOKs, 0);
  assert.equal(counters.TcpNoBuffers, 0);
  assert.ok(meanwhile <= alone * 1.5, tell);
  clock.runUntil(clock.now() + LONG_AFTER);
  assert.equal(server.memory().find(({ name }) => name === "REASSEMBLIES")?.used, 0);
});
