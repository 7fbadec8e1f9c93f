// Three machines: one on each side, and a router of ours between them. TCP finds out what the path carries, goes on when
// the router says nothing, and outlives links that go.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Wire } from "../../host/wire/wire.ts";
import { chain, connect, discard, exchange, FAR } from "./chain.ts";
import { noise, readAll, rejectsWith } from "./pair.ts";

const VERSIONS = [4, 6] as const;

describe("a router between two machines", () => {
  for (const version of VERSIONS) {
    it(`carries IPv${version}: a ping is one hop older, and TCP goes both ways`, async () => {
      const net = await chain();
      const { ttl, micros } = await net.clock.settle(net.near.ping(FAR[version]));
      assert.equal(ttl, 63);
      assert.ok(micros >= 4000);
      await exchange(net, await connect(net, FAR[version]), 500_000);
      assert.equal(net.near.counters().TcpRetransSegs, 0);
      assert.ok((net.router.counters().IpOutForwDatagrams ?? 0) > 700);
      await discard(net);
    });

    const narrow = version === 4 ? 600 : 1300;
    it(`tells IPv${version} senders that its next link carries ${narrow} bytes, and their transfer goes on`, async () => {
      const net = await chain({ mtu: narrow });
      await exchange(net, await connect(net, FAR[version]), 300_000);
      assert.ok((net.near.counters().TcpTooBigs ?? 0) >= 1);
      assert.equal(net.near.counters().TcpTimeouts, 0);
      assert.equal(net.longest(), narrow);
      assert.ok((net.router.counters().IpForwTooBig ?? 0) >= 1);
      // The next connection knows.
      const tooBig = net.router.counters().IpForwTooBig;
      await exchange(net, await connect(net, FAR[version]), 100_000);
      assert.equal(net.router.counters().IpForwTooBig, tooBig);
      await discard(net);
    });
  }

  it("that swallows what it would say is a black hole, which TCP finds its way around (RFC 4821 §7.7)", async () => {
    const ICMP = 1;
    const mute = (wire: Wire): Wire => ({
      name: wire.name,
      up: wire.up,
      carriesFcs: wire.carriesFcs,
      attach: (end) => wire.attach(end),
      send: (frame) => {
        if (frame[12] !== 8 || frame[13] !== 0 || frame[23] !== ICMP) wire.send(frame);
      },
      close: () => wire.close(),
    });
    const net = await chain({ mtu: 600, wrap: mute });
    await exchange(net, await connect(net, FAR[4]), 100_000);
    assert.equal(net.near.counters().TcpTooBigs, 0);
    assert.ok((net.near.counters().TcpBlackHoles ?? 0) >= 1);
    assert.ok(net.longest() <= 600);
    await discard(net);
  });

  it("refuses for a network that is gone, and for a machine that is: the sender's socket hears of both", async () => {
    const net = await chain();
    const socket = await net.near.udp();
    for (const [address, code] of [
      ["10.3.0.1", "ENETUNREACH"],
      ["10.2.0.77", "EHOSTUNREACH"],
    ] as const) {
      socket.connect(address, 9);
      await socket.send("anyone?");
      await rejectsWith(net.clock.settle(socket.receive()), code);
    }
    await rejectsWith(net.clock.settle(net.near.ping(FAR[4], { ttl: 1 })), "EHOSTUNREACH");
    socket.close();
    await discard(net);
  });

  it("keeps a connection alive while the link behind it is down", async () => {
    const net = await chain();
    const ends = await connect(net, FAR[4]);
    const [from, to] = ends;
    const data = noise(400_000);
    const sent = from.write(data).then(() => from.end());
    const received = readAll(to);
    net.clock.runUntil(net.clock.now() + 8000);
    net.cables[1].unplug();
    net.clock.runUntil(net.clock.now() + 20_000_000);
    assert.equal(from.status()?.state, "ESTABLISHED");
    assert.equal(from.status()?.error, "ENETUNREACH");
    net.cables[1].plug();
    assert.ok(Buffer.from(data).equals(await net.clock.settle(received)));
    await sent;
    await to.end();
    await Promise.all(ends.map((end) => end.close()));
    await discard(net);
  });
});
