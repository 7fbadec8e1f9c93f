// Virtual LANs (IEEE 802.1Q): adapters that share a wire and do not see each other's frames.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { InputError } from "../../host/errors.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { observeWire } from "../../host/wire/observe.ts";
import { buildEthernet, buildIcmp, buildUdp, ETHER_IPV4 } from "../segment/frames.ts";
import { debugFirmware } from "../sim/debug-firmware.ts";
import { assertEmpty, noise, readAll, rejectsWith } from "./pair.ts";
import { buildPacket, ip, mac, Station, tag, untag } from "./station.ts";

const OWN_MAC = "02:00:00:00:00:01";
const PRIORITY = 5 << 13;
const PROVIDER = 0x88a8;
const RED = 10;
const BLUE = 4094;

interface Tagged {
  clock: VirtualClock;
  stack: Stack;
  station: Station;
}

/** A machine with an address on the bare wire and one in each of two virtual LANs, and a station that is in all three. */
async function tagged(): Promise<Tagged> {
  const clock = new VirtualClock();
  const { left, right } = createCable();
  const stack = await createStack({
    clock,
    seed: 1,
    wasm: await debugFirmware("node"),
    wires: [
      { wire: left, address: "10.0.0.1/24", mac: OWN_MAC },
      { wire: left, vlan: RED, address: "10.10.0.1/24" },
      { wire: left, vlan: BLUE, address: "10.20.0.1/24" },
    ],
  });
  const station = new Station(right, "02:00:00:00:00:02", "10.0.0.2", "10.10.0.2", "10.20.0.2");
  return { clock, stack, station };
}

/** A frame with an echo request for the machine's address in a network. */
function echo(net: Tagged, network: string, bytes = 56): Uint8Array {
  const request = buildIcmp({ type: 8, code: 0, rest: 1, payload: new Uint8Array(bytes) });
  const packet = buildPacket({ from: `${network}.2`, to: `${network}.1`, protocol: 1 }, request);
  return buildEthernet(mac(OWN_MAC), net.station.mac, ETHER_IPV4, packet);
}

/** What comes back when a frame is sent: the control words of the tags, -1 without one. */
function answers(net: Tagged, frame: Uint8Array): number[] {
  net.station.send(frame);
  net.clock.runUntil(net.clock.now() + 1000);
  return net.station.frames.splice(0).map((answer) => {
    const { frame: bare, control } = untag(answer);
    assert.deepEqual(bare.slice(6, 12), mac(OWN_MAC));
    return control;
  });
}

describe("a virtual LAN", () => {
  it("is an adapter of its own, with its parent's Ethernet address", async () => {
    const { stack } = await tagged();
    const [parent, red, blue, loopback] = stack.adapters();
    assert.deepEqual([parent?.kind, red?.kind, blue?.kind, loopback?.kind], ["mac", "vlan", "vlan", "loopback"]);
    assert.deepEqual([red?.vlan, red?.parent, red?.mac], [RED, 0, OWN_MAC]);
    assert.deepEqual([blue?.vlan, blue?.parent, blue?.up], [BLUE, 0, true]);
    assert.deepEqual(
      stack.addresses().map(({ address, adapter }) => [address, adapter]),
      [
        ["10.0.0.1", 0],
        ["10.10.0.1", red?.index],
        ["10.20.0.1", blue?.index],
      ],
    );
  });

  it("answers within itself: tags go out as they came in", async () => {
    const net = await tagged();
    assert.deepEqual(answers(net, echo(net, "10.0.0")), [-1]);
    assert.deepEqual(answers(net, tag(echo(net, "10.10.0"), RED)), [RED]);
    assert.deepEqual(answers(net, tag(echo(net, "10.20.0"), BLUE)), [BLUE]);
    assert.deepEqual(answers(net, tag(echo(net, "10.10.0"), RED | PRIORITY)), [RED]);
  });

  it("takes a whole packet besides the tag", async () => {
    const net = await tagged();
    assert.deepEqual(answers(net, tag(echo(net, "10.10.0", 1472), RED | PRIORITY)), [RED]);
  });

  it("leaves frames with a priority only to the wire's own adapter", async () => {
    const net = await tagged();
    assert.deepEqual(answers(net, tag(echo(net, "10.0.0"), PRIORITY)), [-1]);
  });

  it("does not hear what is said in others", async () => {
    const net = await tagged();
    assert.deepEqual(answers(net, echo(net, "10.10.0")), []);
    assert.deepEqual(answers(net, tag(echo(net, "10.20.0"), RED)), []);
    assert.deepEqual(answers(net, tag(echo(net, "10.0.0"), BLUE)), []);
    assert.equal(net.stack.counters().IpInOtherAdapter, 3);
  });

  it("drops and counts tags that nobody knows, tags behind tags, and frames that end within one", async () => {
    const net = await tagged();
    assert.deepEqual(answers(net, tag(echo(net, "10.10.0"), 11)), []);
    assert.deepEqual(answers(net, tag(echo(net, "10.10.0"), 4095)), []);
    assert.equal(net.stack.counters().EthInUnknownVlan, 2);
    assert.deepEqual(answers(net, tag(tag(echo(net, "10.10.0"), RED), RED)), []);
    assert.deepEqual(answers(net, tag(tag(echo(net, "10.10.0"), RED, PROVIDER), RED)), []);
    assert.deepEqual(answers(net, tag(tag(echo(net, "10.0.0"), 0), 0)), []);
    assert.equal(net.stack.counters().EthInDoubleTagged, 3);
    assert.deepEqual(answers(net, tag(echo(net, "10.10.0"), RED, PROVIDER)), []);
    assert.equal(net.stack.counters().EthInUnknownType, 1);
  });

  it("asks for neighbors within itself, and carries UDP", async () => {
    const net = await tagged();
    const socket = await net.stack.udp({ port: 53 });
    for (const [network, control] of [
      ["10.0.0", -1],
      ["10.10.0", RED],
      ["10.20.0", BLUE],
    ] as const) {
      await socket.send("x", `${network}.2`, 53);
      net.clock.runUntil(net.clock.now() + 1000);
      const [sent] = net.station.frames.splice(0);
      assert.equal(untag(sent as Uint8Array).control, control);
      const reply = buildUdp(
        { sourcePort: 53, destinationPort: 53, payload: Uint8Array.of(1) },
        ip(`${network}.2`),
        ip(`${network}.1`),
      );
      const frame = buildEthernet(
        mac(OWN_MAC),
        net.station.mac,
        ETHER_IPV4,
        buildPacket({ from: `${network}.2`, to: `${network}.1` }, reply),
      );
      net.station.send(control < 0 ? frame : tag(frame, control));
      assert.equal((await net.clock.settle(socket.receive())).address, `${network}.2`);
    }
  });

  it("is said to have sent a broadcast when it is one, tag or not", async () => {
    const net = await tagged();
    const syn = buildPacket({ from: "10.10.0.2", to: "10.10.0.1", protocol: 6 }, new Uint8Array(20));
    const frame = buildEthernet(mac("ff:ff:ff:ff:ff:ff"), net.station.mac, ETHER_IPV4, syn);
    assert.deepEqual(answers(net, tag(frame, RED)), []);
    assert.equal(net.stack.counters().TcpInNotUnicast, 1);
  });

  it("carries TCP between two machines, while the wire carries another connection", async () => {
    const clock = new VirtualClock();
    const cable = createCable({ clock, delay: 1000 });
    let [plain, inRed] = [0, 0];
    const watched = observeWire(cable.left, (frame) => {
      if (untag(frame.slice()).control === RED) inRed++;
      else plain++;
    });
    const wasm = await debugFirmware("node");
    const make = (wire: typeof watched, last: number) =>
      createStack({
        clock,
        wasm,
        seed: last,
        wires: [
          { wire, address: `10.0.0.${last}/24` },
          { wire, vlan: RED, address: `10.10.0.${last}/24` },
        ],
      });
    const [left, right] = [await make(watched, 1), await make(cable.right, 2)];
    const data = noise(300_000);
    const listener = await right.listen({ port: 7 });
    const transfer = async (address: string) => {
      const near = await left.connect({ address, port: 7 });
      await near.write(data);
      await near.end();
      assert.equal(await near.read(), null);
      await near.close();
    };
    const take = async () => {
      const far = await listener.accept();
      assert.ok(Buffer.from(data).equals(await readAll(far)));
      await far.close();
    };
    await clock.settle(Promise.all([transfer("10.0.0.2"), transfer("10.10.0.2"), take(), take()]));
    await listener.close();
    assert.ok(plain > 100 && inRed > 100);
    for (const stack of [left, right]) {
      clock.runUntil(clock.now() + 1_000_000);
      assertEmpty(stack);
      assert.equal(stack.counters().EthInUnknownVlan, 0);
      await stack.close();
    }
  });

  it("has groups of its own: what is said to them in it comes up, and what is said elsewhere does not", async () => {
    const net = await tagged();
    const socket = await net.stack.udp({ port: 5353 });
    const red = net.stack.adapters().find(({ vlan }) => vlan === RED)?.index ?? -1;
    socket.addMembership("239.1.2.3", red);
    const udp = { sourcePort: 9, destinationPort: 5353, payload: Uint8Array.of(7) };
    const packet = (network: string): Uint8Array =>
      buildPacket({ from: `${network}.2`, to: "239.1.2.3" }, buildUdp(udp, ip(`${network}.2`), ip("239.1.2.3")));
    const group = mac("01:00:5e:01:02:03");
    net.station.send(buildEthernet(group, net.station.mac, ETHER_IPV4, packet("10.0.0")));
    net.station.send(tag(buildEthernet(group, net.station.mac, ETHER_IPV4, packet("10.10.0")), RED));
    assert.equal((await net.clock.settle(socket.receive())).address, "10.10.0.2");
    net.clock.runUntil(net.clock.now() + 1000);
    assert.equal(net.stack.counters().UdpInDatagrams, 1);
    socket.close();
  });

  it("follows the link of its wire, and the MTU", async () => {
    const clock = new VirtualClock();
    const cable = createCable();
    const wires = [
      { wire: cable.left, mtu: 1000 },
      { wire: cable.left, vlan: RED, address: "10.10.0.1/24" },
    ];
    const stack = await createStack({ clock, seed: 1, wires });
    assert.deepEqual(
      stack
        .adapters()
        .slice(0, 2)
        .map(({ up, mtu }) => [up, mtu]),
      [
        [true, 1000],
        [true, 1000],
      ],
    );
    stack.network.setMtu(0, 900);
    cable.unplug();
    clock.runUntil(clock.now() + 1000);
    assert.deepEqual(
      stack
        .adapters()
        .slice(0, 2)
        .map(({ up, mtu }) => [up, mtu]),
      [
        [false, 900],
        [false, 900],
      ],
    );
    await rejectsWith(clock.settle(stack.connect({ address: "10.10.0.2", port: 1 })), "ENETDOWN");
    await stack.close({ linger: 0 });
  });

  it("needs a number of its own, and a profile that has room for it", async () => {
    const { left: wire } = createCable();
    const twice = [{ wire }, { wire, vlan: 1 }, { wire, vlan: 1 }];
    await rejectsWith(createStack({ wires: twice }), "EADDRINUSE", "addVlan");
    for (const vlan of [0, 4095, 1.5]) {
      await assert.rejects(createStack({ wires: [{ wire, vlan }] }), (error) => error instanceof InputError);
    }
    await assert.rejects(createStack({ wires: [{ wire }, { wire }] }), (error) => error instanceof InputError);
    const many = Array.from({ length: 9 }, (_, i) => ({ wire, vlan: i + 1 }));
    await rejectsWith(createStack({ wires: many }), "ENFILE", "addVlan");
    await rejectsWith(createStack({ wires: [{ wire, vlan: 1 }], profile: "tiny" }), "EOPNOTSUPP", "addVlan");
  });

  it("is a frame of an unknown type where the profile has none", async () => {
    const clock = new VirtualClock();
    const { left, right } = createCable();
    const stack = await createStack({
      clock,
      seed: 1,
      profile: "tiny",
      wires: [{ wire: left, address: "10.0.0.1/24", mac: OWN_MAC }],
    });
    const net = { clock, stack, station: new Station(right, "02:00:00:00:00:02", "10.0.0.2") };
    assert.deepEqual(answers(net, tag(echo(net, "10.0.0"), 0)), []);
    assert.equal(stack.counters().EthInUnknownType, 1);
    assert.deepEqual(answers(net, echo(net, "10.0.0")), [-1]);
  });
});
