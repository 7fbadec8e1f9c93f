// The tables of netstat: what people know from Linux, from rows alone.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Counter } from "../../assembly/abi/counters.ts";
import { type SocketRow, socketsText, timerText } from "../../host/inspect/netstat.ts";
import {
  addressesText,
  groupsText,
  nameServersText,
  neighborsText,
  routesText,
  timeText,
} from "../../host/inspect/network-tables.ts";
import { statisticsText } from "../../host/inspect/statistics.ts";

function row(changes: Partial<SocketRow>): SocketRow {
  return {
    kind: "tcp",
    state: "ESTABLISHED",
    localAddress: "10.0.0.2",
    localPort: 80,
    remoteAddress: "10.0.0.1",
    remotePort: 49152,
    recvQ: 0,
    sendQ: 0,
    owner: 7,
    timer: "OFF",
    timerIn: 0,
    backoff: 0,
    keepProbes: 0,
    sentAgo: null,
    ...changes,
  };
}

const LISTENER = row({
  state: "LISTEN",
  localAddress: "0.0.0.0",
  remoteAddress: "0.0.0.0",
  remotePort: 0,
  sendQ: 8,
});
const UDP = row({
  kind: "udp",
  state: "CLOSED",
  localAddress: "0.0.0.0",
  localPort: 53,
  remoteAddress: "0.0.0.0",
  remotePort: 0,
});

function lines(rows: SocketRow[], options = {}): string[] {
  return socketsText(rows, options).trimEnd().split("\n");
}

describe("netstat's sockets", () => {
  test("-ano looks like netstat -ano", () => {
    const busy = row({ sendQ: 1460, timer: "RETRANSMIT", timerIn: 203_456, backoff: 1, sentAgo: 1_200_000 });
    assert.equal(
      socketsText([UDP, busy, LISTENER], { all: true, numeric: true, owner: true, ownerName: (id) => `${id}/serve` }),
      `Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address   Foreign Address State       PID/owner Timer           Sent
tcp        0      8 0.0.0.0:80      0.0.0.0:*       LISTEN      7/serve   off (0.00/0/0)  -
tcp        0   1460 10.0.0.2:80     10.0.0.1:49152  ESTABLISHED 7/serve   on (0.20/1/0)   1.20s
udp        0      0 0.0.0.0:53      *:*                         7/serve   off (0.00/0/0)  -
`,
    );
  });

  test("without -a only what has a peer", () => {
    const text = lines([LISTENER, UDP, row({})]);
    assert.equal(text.length, 3);
    assert.match(text[2] ?? "", /ESTABLISHED$/);
  });

  test("without -n ports that have a name are named", () => {
    const [, , listener, datagram] = lines([LISTENER, UDP], { all: true });
    assert.match(listener ?? "", /0\.0\.0\.0:http +0\.0\.0\.0:\*/);
    assert.match(datagram ?? "", /0\.0\.0\.0:domain +\*:\*/);
  });

  test("states are spelled as netstat spells them", () => {
    const spelled = Object.entries({
      SYN_SENT: "SYN_SENT",
      SYN_RECEIVED: "SYN_RECV",
      FIN_WAIT_1: "FIN_WAIT1",
      FIN_WAIT_2: "FIN_WAIT2",
      CLOSE_WAIT: "CLOSE_WAIT",
      CLOSING: "CLOSING",
      LAST_ACK: "LAST_ACK",
      TIME_WAIT: "TIME_WAIT",
      CLOSED: "CLOSE",
    });
    for (const [state, expected] of spelled) {
      assert.match(
        lines([row({ state: state as SocketRow["state"] })], { all: true })[2] ?? "",
        new RegExp(` ${expected}$`),
      );
    }
  });

  test("timers have netstat's names", () => {
    assert.equal(timerText(row({ timer: "TIME_WAIT", timerIn: 59_900_000 })), "timewait (59.90/0/0)");
    assert.equal(timerText(row({ timer: "PERSIST", timerIn: 5_000_000, backoff: 2 })), "probe (5.00/0/2)");
    assert.equal(timerText(row({ timer: "KEEPALIVE", timerIn: 7.2e9 })), "keepalive (7200.00/0/0)");
    assert.equal(timerText(row({ timer: "KEEPALIVE", timerIn: 7.5e7, keepProbes: 3 })), "keepalive (75.00/0/3)");
    assert.equal(timerText(row({ timer: "LOSS_PROBE", timerIn: 40_000 })), "tlp (0.04/0/0)");
    assert.equal(timerText(row({ timer: "REORDERING", timerIn: 10_000 })), "reorder (0.01/0/0)");
    assert.equal(timerText(row({ timer: "OFF" })), "off (0.00/0/0)");
  });

  test("columns grow with what is in them", () => {
    const long = row({ localAddress: "2001:db8:1234:5678::1", remoteAddress: "2001:db8::2" });
    const [, head, line] = lines([long], { all: true, numeric: true });
    assert.match(line ?? "", /^tcp6 /);
    assert.equal((head ?? "").indexOf("Foreign"), (line ?? "").indexOf("2001:db8::2"));
  });
});

describe("netstat's other tables", () => {
  test("routes, with who set them and for how long", () => {
    assert.equal(
      routesText([
        { destination: "10.0.0.0/24", gateway: null, adapter: 0, origin: "MANUAL", seconds: null, metric: 0 },
        { destination: "0.0.0.0/0", gateway: "10.0.0.1", adapter: 0, origin: "MANUAL", seconds: null, metric: 0 },
        { destination: "::/0", gateway: "fe80::1", adapter: 0, origin: "ROUTER", seconds: 1788, metric: 0 },
        { destination: "2001:db8::9/128", gateway: "fe80::2", adapter: 1, origin: "REDIRECT", seconds: 59, metric: 0 },
      ]),
      `IP routing table
Destination        Gateway         Flags Adapter Origin   Expires
10.0.0.0/24        *               U     0       manual   never
0.0.0.0/0          10.0.0.1        UG    0       manual   never
::/0               fe80::1         UGA   0       router   29:48
2001:db8::9/128    fe80::2         UGHD  1       redirect 0:59
`,
    );
  });

  test("addresses, with their states and times", () => {
    const row = { adapter: 0, preferredSeconds: null, validSeconds: null } as const;
    const lasting = { ...row, prefixLength: 64, preferredSeconds: 14_400, validSeconds: 86_400 };
    assert.equal(
      addressesText([
        { ...row, address: "10.0.0.2", prefixLength: 24, state: "PREFERRED", origin: "MANUAL" },
        { ...row, address: "fe80::1", prefixLength: 64, state: "TENTATIVE", origin: "LINK_LOCAL" },
        { ...lasting, address: "2001:db8::5:6:7:8", state: "PREFERRED", origin: "STABLE" },
      ]),
      `Addresses
Address              State      Adapter Origin     Preferred Valid
10.0.0.2/24          PREFERRED  0       manual     never     never
fe80::1/64           TENTATIVE  0       link-local never     never
2001:db8::5:6:7:8/64 PREFERRED  0       stable     4:00:00   1d 0:00:00
`,
    );
  });

  test("name servers", () => {
    const text = nameServersText([
      { address: "2001:db8::53", adapter: 0, seconds: 600, origin: "ROUTER" },
      { address: "10.0.0.53", adapter: null, seconds: null, origin: "MANUAL" },
    ]);
    assert.equal(
      text,
      `Name servers
Address            Adapter Origin Expires
2001:db8::53       0       router 10:00
10.0.0.53          *       manual never
`,
    );
  });

  test("times that are left", () => {
    const times = [0, 59, 60, 3599, 3600, 86_399, 86_400, 604_800, null].map(timeText);
    assert.deepEqual(times, [
      "0:00",
      "0:59",
      "1:00",
      "59:59",
      "1:00:00",
      "23:59:59",
      "1d 0:00:00",
      "7d 0:00:00",
      "never",
    ]);
  });

  test("groups", () => {
    const text = groupsText([
      { group: "224.0.0.1", source: null, adapter: 1, users: 1 },
      { group: "239.1.2.3", source: null, adapter: 0, users: 2 },
      { group: "ff35::9", source: "2001:db8::1", adapter: 0, users: 1 },
    ]);
    assert.equal(
      text,
      `Group memberships
Adapter RefCnt Group           Source
0            2 239.1.2.3       *
0            1 ff35::9         2001:db8::1
1            1 224.0.0.1       *
`,
    );
  });

  test("neighbors", () => {
    const text = neighborsText([
      { address: "10.0.0.1", mac: "02:00:00:00:00:01", state: "REACHABLE", adapter: 0 },
      { address: "10.0.0.9", mac: "00:00:00:00:00:00", state: "INCOMPLETE", adapter: 0 },
    ]);
    assert.match(text, /^10\.0\.0\.1 +02:00:00:00:00:01 +REACHABLE/m);
    assert.match(text, /^10\.0\.0\.9 +\(incomplete\) +INCOMPLETE/m);
  });

  test("statistics: grouped, explained, without zeros unless asked", () => {
    const counters = { TcpInSegs: 12, TcpOutSegs: 3, TcpInErrs: 0, EthInFrames: 15, SomethingNew: 1 };
    assert.equal(
      statisticsText(counters),
      `Ethernet:
    15 frames received (EthInFrames)
Tcp:
    12 segments received (TcpInSegs)
     3 segments sent (TcpOutSegs)
Other:
     1 SomethingNew
`,
    );
    assert.match(statisticsText(counters, true), /damaged segments received/);
  });

  test("statistics of IPv6 stand by themselves, explained like those of IPv4", () => {
    const counters = { IpInReceives: 1, Ip6InReceives: 2, Icmp6InEchos: 3, NdOutSolicits: 4, NeighborGiveUps: 5 };
    assert.equal(
      statisticsText(counters),
      `Neighbor discovery:
    4 solicitations sent (NdOutSolicits)
Neighbors:
    5 neighbors that did not answer (NeighborGiveUps)
Ip:
    1 packets received (IpInReceives)
Ip6:
    2 packets received (Ip6InReceives)
Icmp6:
    3 echo requests received (Icmp6InEchos)
`,
    );
  });

  test("every counter is explained", () => {
    const names = Object.keys(Counter).filter((name) => !/^(\d+|COUNT)$/.test(name));
    const text = statisticsText(Object.fromEntries(names.map((name) => [name, 1])));
    for (const name of names) assert.ok(text.includes(` (${name})\n`), name);
  });
});
