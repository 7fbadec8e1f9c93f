// A router under fire: frames of both versions, tagged and not, whole and in parts, with bytes changed at random, come in
// on both sides while it forwards, resolves and tells. The build with assertions must not trap, and must end up with the
// packets that it began with. A few thousand frames; a hundred times as many with THIMBLE_FULL=1; from another seed with
// THIMBLE_SEED=n.

import assert from "node:assert/strict";
import { VirtualClock } from "../../host/clock.ts";
import { Random } from "../../host/random.ts";
import { createStack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { buildPacket, ip, mac, Station, tag } from "../host/station.ts";
import { test } from "../runner/recorded.ts";
import { buildEthernet, buildIcmp, buildIpv6, buildUdp, ETHER_IPV4, ETHER_IPV6 } from "../segment/frames.ts";
import { debugFirmware } from "./debug-firmware.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const SEED = Number(process.env.THIMBLE_SEED ?? 1);
const FRAMES = FULL ? 400_000 : 4_000;

const MACS = ["02:00:00:00:00:01", "02:00:00:00:01:01"] as const;
const TAGS = [0, 5, 7, 9, 4095];
/** Destinations: neighbors that answer and that do not, the router itself, nowhere, many. */
const DESTINATIONS = [
  "10.0.0.2",
  "10.1.0.2",
  "10.1.0.9",
  "10.5.0.3",
  "10.0.0.1",
  "192.0.2.1",
  "10.1.0.255",
  "224.0.0.1",
  "127.0.0.1",
];
const SOURCES = ["10.0.0.2", "10.1.0.2", "10.7.0.3", "198.51.100.7", "10.0.0.1", "0.0.0.0"];
const V6 = (network: number, host: number): Uint8Array =>
  Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, network, 0, 0, 0, 0, 0, 0, 0, 0, 0, host);

function frame(random: Random, i: number): Uint8Array {
  const pick = <T>(from: readonly T[]): T => from[random.u32() % from.length] as T;
  const bytes = random.u32() % 1400;
  const ttl = pick([0, 1, 2, 64]);
  const station = pick([...MACS, "ff:ff:ff:ff:ff:ff"]);
  let built: Uint8Array;
  if (random.u32() % 3 === 0) {
    const [source, destination] = [V6(random.u32() % 3, random.u32() % 4), V6(random.u32() % 4, random.u32() % 12)];
    const payload = buildUdp(
      { sourcePort: 1, destinationPort: 2, payload: new Uint8Array(bytes) },
      source,
      destination,
    );
    const packet = buildIpv6({ source, destination, protocol: 17, ttl, identification: i, tos: 0 }, payload);
    built = buildEthernet(mac(station), mac("02:00:00:00:00:02"), ETHER_IPV6, packet);
  } else {
    const [from, to] = [pick(SOURCES), pick(DESTINATIONS)];
    const isPing = random.u32() % 2 === 0;
    const payload = isPing
      ? buildIcmp({ type: pick([8, 0, 3, 5, 11]), code: 0, rest: i, payload: new Uint8Array(bytes) })
      : buildUdp({ sourcePort: 1, destinationPort: 2, payload: new Uint8Array(bytes) }, ip(from), ip(to));
    const part =
      random.u32() % 4 === 0 ? { fragment: { offset: 8 * (random.u32() % 100), more: random.u32() % 2 === 0 } } : {};
    const dontFragment = random.u32() % 2 === 0 && part.fragment === undefined;
    const packet = buildPacket({ from, to, ttl, protocol: isPing ? 1 : 17, dontFragment, ...part }, payload);
    built = buildEthernet(mac(station), mac("02:00:00:00:00:02"), ETHER_IPV4, packet);
  }
  if (random.u32() % 3 === 0) built = tag(built, pick(TAGS));
  for (let changes = random.u32() % 3; changes > 0; changes--)
    built[random.u32() % Math.min(built.length, 64)] = random.u32() & 0xff;
  return built;
}

test(`${FRAMES} frames for a router, seed ${SEED}`, async () => {
  const clock = new VirtualClock();
  const cables = [createCable(), createCable()] as const;
  const stack = await createStack({
    clock,
    seed: SEED,
    forwarding: true,
    wasm: await debugFirmware("node"),
    wires: [
      { wire: cables[0].left, mac: MACS[0], address: ["10.0.0.1/24", "2001:db8::1/64"], claim: false },
      { wire: cables[1].left, mac: MACS[1], address: ["10.1.0.1/24", "2001:db8:0:1::1/64"], claim: false, mtu: 1300 },
      { wire: cables[0].left, vlan: 5, address: ["10.5.0.1/24"], mtu: 700 },
      { wire: cables[1].left, vlan: 7, address: ["10.7.0.1/24"] },
    ],
  });
  const stations = cables.map(
    ({ right }, i) => new Station(right, `02:00:00:00:0${i}:02`, `10.${i}.0.2`, "10.5.0.3", "10.7.0.3"),
  );
  clock.runUntil(10_000_000);
  const used = (): number | undefined => stack.memory().find(({ name }) => name === "PACKETS")?.used;
  stack.pollNow();
  const before = used();
  const random = new Random(SEED);
  for (let i = 0; i < FRAMES; i++) {
    stations[random.u32() % 2]?.send(frame(random, i));
    if (random.u32() % 8 === 0) clock.runUntil(clock.now() + (random.u32() % 20_000));
    for (const station of stations) station.frames.length = 0;
  }
  clock.runUntil(clock.now() + 120_000_000);
  stack.pollNow();
  stack.pollNow();
  assert.equal(used(), before);
  const { IpOutForwDatagrams, IpForwRefused, IpForwExpired, IpFragCreates, EthInUnknownVlan } = stack.counters();
  const seen = { IpOutForwDatagrams, IpForwRefused, IpForwExpired, IpFragCreates, EthInUnknownVlan };
  for (const [name, count] of Object.entries(seen)) assert.ok((count ?? 0) > 10, `${name} is only ${count}`);
  await stack.close({ linger: 0 });
});
