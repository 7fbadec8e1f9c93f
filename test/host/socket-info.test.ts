// What can be seen of a connection at any time: the status of a socket, and the line that `ss -i` makes of it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { infoText } from "../../host/inspect/socket-info.ts";
import { ssText } from "../../host/inspect/ss.ts";
import type { TcpConnection } from "../../host/socket/tcp-connection.ts";
import type { SocketStatus } from "../../host/status.ts";
import { connected, discard, noise, PORT, RIGHT, readAll, virtualPair } from "./pair.ts";

function statusOf(connection: TcpConnection): SocketStatus {
  const status = connection.status();
  assert.ok(status, "the connection has no status");
  return status;
}

/** A busy connection, as the tests of the line want it; taken from a real one so that no field is forgotten. */
async function established(changes: Partial<SocketStatus>): Promise<SocketStatus> {
  const pair = await virtualPair();
  const [near] = await connected(pair);
  const status = { ...statusOf(near), ...changes };
  await discard(pair);
  return status;
}

describe("the status of a connection", () => {
  it("says what both sides have agreed on, and how far the stream has come", async () => {
    const pair = await virtualPair({ delay: 1000 });
    const [near, far] = await connected(pair);
    await near.write(noise(5000));
    await near.end();
    const arrived = await pair.clock.settle(readAll(far));
    assert.equal(arrived.length, 5000);
    pair.clock.runUntil(pair.clock.now() + 1_000_000);
    // Each side has sent 5000 and 0 bytes; the FIN is no byte, neither acknowledged nor received.
    const [here, there] = [statusOf(near), statusOf(far)];
    assert.deepEqual([here.state, here.bytesAcked, here.bytesReceived], ["FIN_WAIT_2", 5000, 0]);
    assert.deepEqual([there.state, there.bytesAcked, there.bytesReceived], ["CLOSE_WAIT", 0, 5000]);
    for (const status of [here, there]) {
      assert.deepEqual(status.options, ["ts", "sack", "wscale"]);
      assert.deepEqual([status.controller, status.phase], ["cubic", "OPEN"]);
      assert.ok(status.sndShift > 0 && status.sndShift === status.rcvShift, `${status.sndShift}, ${status.rcvShift}`);
    }
    assert.ok(here.minRtt >= 2000 && here.minRtt <= here.srtt + here.rttvar, `${here.minRtt} of ${here.srtt}`);
    await discard(pair);
  });

  it("shows what is reported and what is lost while it is being repaired", async () => {
    const pair = await virtualPair({ delay: 5000, loss: 0.05, rate: 20e6, seed: 4 });
    const { clock } = pair;
    const [near, far] = await connected(pair);
    const written = near.write(noise(1_000_000)).then(() => near.end());
    const arrived = readAll(far);
    let end = 0;
    void arrived.then((data) => {
      end = data.length;
    });
    const seen = { sacked: 0, lost: 0, phases: new Set<string>(), held: 0 };
    while (end === 0) {
      clock.runUntil(clock.now() + 2000);
      await Promise.resolve();
      const [sender, receiver] = [near.status(), far.status()];
      seen.sacked = Math.max(seen.sacked, sender?.sacked ?? 0);
      seen.lost = Math.max(seen.lost, sender?.lost ?? 0);
      seen.held = Math.max(seen.held, receiver?.outOfOrder ?? 0);
      seen.phases.add(sender?.phase ?? "OPEN");
    }
    await clock.settle(written);
    assert.ok(seen.sacked > 0 && seen.lost > 0 && seen.held > 0, JSON.stringify(seen));
    assert.ok(seen.phases.has("RECOVERY"), [...seen.phases].join());
    assert.ok((near.status()?.retransmits ?? 0) > 0);
    await discard(pair);
  });

  it("of a listener, and of what is left of a connection, claims no stream and no controller", async () => {
    const pair = await virtualPair();
    const listener = await pair.right.listen({ port: PORT });
    const listening = listener.status();
    assert.deepEqual([listening?.controller, listening?.bytesAcked, listening?.bytesReceived], [null, 0, 0]);
    const accepted = listener.accept();
    const near = await pair.clock.settle(pair.left.connect({ address: RIGHT, port: PORT }));
    const far = await pair.clock.settle(accepted);
    await pair.clock.settle(Promise.all([near.close(), far.close()]));
    pair.clock.runUntil(pair.clock.now() + 1_000_000);
    const [rest] = pair.left.sockets();
    assert.deepEqual([rest?.state, rest?.controller, rest?.bytesAcked], ["TIME_WAIT", null, 0]);
    assert.equal(infoText(rest as SocketStatus), "");
    await discard(pair);
  });
});

describe("the line of a connection", () => {
  it("shows everything that is not as usual, in the names of ss", async () => {
    const row = await established({
      options: ["ts", "sack", "ecn", "wscale"],
      sndShift: 3,
      rcvShift: 7,
      rto: 204_000,
      srtt: 4100,
      rttvar: 800,
      minRtt: 3900,
      sndMss: 1448,
      cwnd: 14_480,
      ssthresh: 10_136,
      sndWnd: 65_535,
      rcvWnd: 32_768,
      bytesAcked: 100_000,
      bytesReceived: 300,
      sndUna: 0xffff_ff00,
      sndNxt: 0x0000_0100,
      sendQ: 1000,
      sacked: 100,
      lost: 50,
      retransmits: 3,
      backoff: 1,
      outOfOrder: 700,
      reordering: 2,
      keepProbes: 1,
      phase: "RECOVERY",
      blocked: "PEER_WINDOW",
      sentAgo: 12_300,
    });
    assert.equal(
      infoText(row),
      [
        "ts sack ecn cubic wscale:3,7 rto:204 backoff:1 rtt:4.1/0.8 mss:1448 cwnd:10 ssthresh:7",
        "bytes_acked:100000 bytes_received:300 send 28.3Mbps lastsnd:12 unacked:512 retrans:3 lost:50 sacked:100",
        "reordering:0.5rtt notsent:488 minrtt:3.9 rcv_ooo:700 snd_wnd:65535 rcv_wnd:32768 keep_probes:1",
        "phase:recovery blocked:peer-window",
      ].join(" "),
    );
  });

  it("is short when all is well", async () => {
    const idle = await established({ controller: "reno", options: [], srtt: 0, minRtt: 0, sentAgo: null });
    const { rto, sndMss, cwnd, sndWnd, rcvWnd } = idle;
    const windows = `cwnd:${cwnd / sndMss} snd_wnd:${sndWnd} rcv_wnd:${rcvWnd}`;
    assert.equal(infoText(idle), `reno rto:${rto / 1000} mss:${sndMss} ${windows}`);
  });

  it("says of a listener how many handshakes are in progress", async () => {
    const listener = await established({ state: "LISTEN", controller: null, synQueue: 2 });
    assert.equal(infoText(listener), "syn_queue:2");
    assert.equal(infoText({ ...listener, synQueue: 0 }), "");
  });

  it("stands below its socket, and a socket without one has none", async () => {
    const busy = await established({});
    const listener: SocketStatus = { ...busy, state: "LISTEN", controller: null, localPort: 80, remotePort: 0 };
    const lines = ssText([busy, listener], { info: true }).trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => line.split(/ /)[0]),
      ["State", "ESTAB", "\t", "LISTEN"],
    );
    assert.match(lines[2] ?? "", /^\t ts sack cubic wscale:\d+,\d+ rto:/);
  });

  it("names the reason when a shut window stops the sender", async () => {
    const pair = await virtualPair({ delay: 1000 });
    const [near] = await connected(pair);
    const stuck = near.write(noise(2_000_000));
    stuck.catch(() => {}); // the connection is thrown away with its data
    pair.clock.runUntil(pair.clock.now() + 1_000_000);
    const text = infoText(statusOf(near));
    assert.match(text, / notsent:\d+ .* snd_wnd:0 .*blocked:peer-window$/);
    await discard(pair);
  });
});
