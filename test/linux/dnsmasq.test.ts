// The stack beside Debian's dnsmasq: it gets an address, a router and name servers, prolongs its lease in time, moves when the
// server says so, and finds what the server knows of names, over UDP and TCP, also when one of two servers is down.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { checkCaptures } from "./support/capture.ts";
import { Dnsmasq } from "./support/dnsmasq.ts";
import { type Host, Lan, type Look, type Program } from "./support/lan.ts";
import { skipWithout } from "./support/requirements.ts";

const skip = skipWithout("dnsmasq");

const SERVER = "10.77.0.1";
const SECOND_SERVER = "10.77.0.3";
const NAMES = [
  "host-record=www.lan.test,10.77.0.80,2001:db8::80",
  "cname=alias.lan.test,www.lan.test",
  "mx-host=lan.test,mail.lan.test,10",
  "srv-host=_http._tcp.lan.test,www.lan.test,80,1,2",
  "txt-record=short.lan.test,one,two",
  `txt-record=long.lan.test,${Array.from({ length: 12 }, (_, i) => String(i % 10).repeat(200)).join(",")}`,
  "local=/lan.test/",
];
/** Leases of two minutes that are to be prolonged after 4 seconds, and by anybody after 8. */
const QUICK = ["dhcp-option=option:T1,4", "dhcp-option=option:T2,8"];

const lease = (look: Look) => look.leases[0];
const isBound = (look: Look): boolean => lease(look)?.state === "BOUND";
const isUsable = (look: Look, start: string): boolean =>
  look.addresses.some(({ address, state }) => state === "PREFERRED" && address.startsWith(start));

describe("dnsmasq", () => {
  let lan: Lan;
  let host: Host;
  let other: Host;
  let dnsmasq: Dnsmasq;
  let second: Dnsmasq;
  let stack: Program;

  const serve = (range: string, more: readonly string[] = []): Promise<void> =>
    dnsmasq.start([
      ...[`dhcp-range=${range},255.255.255.0,2m`, `dhcp-option=option:dns-server,${SERVER},${SECOND_SERVER}`],
      ...[
        "domain=lan.test",
        "dhcp-option=option:mtu,1400",
        "dhcp-authoritative",
        "dhcp-option=121,10.88.0.0/16,10.77.0.9,0.0.0.0/0,10.77.0.1",
      ],
      ...[...QUICK, ...NAMES, ...more],
    ]);

  before(async () => {
    if (skip) return;
    lan = new Lan();
    host = lan.host();
    host.addAddress(`${SERVER}/24`);
    other = lan.host();
    other.addAddress(`${SECOND_SERVER}/24`);
    dnsmasq = new Dnsmasq(host, lan.folder);
    second = new Dnsmasq(other, lan.folder);
    await serve("10.77.0.100,10.77.0.120");
    await second.start(NAMES);
    stack = await lan.stack({ dhcp: true });
  });

  after(async () => {
    await dnsmasq?.stop();
    await second?.stop();
    lan?.close();
  });

  it("lends an address, with its network, routes, name servers, domain and MTU", { skip }, async () => {
    const look = await stack.until("a lease", (seen) => isBound(seen) && isUsable(seen, "10.77.0.1"));
    const own = lease(look);
    assert.match(own?.address ?? "", /^10\.77\.0\.1[012]\d\/24$/);
    assert.deepEqual([own?.server, own?.router, own?.domain], [SERVER, SERVER, "lan.test"]);
    const routes = look.routes.filter(({ origin }) => origin === "LEASE");
    assert.deepEqual(routes.map(({ destination, gateway }) => [destination, gateway]).sort(), [
      ["0.0.0.0/0", SERVER],
      ["10.77.0.0/24", null],
      ["10.88.0.0/16", "10.77.0.9"],
    ]);
    assert.deepEqual(
      look.nameServers.map(({ address, origin }) => [address, origin]),
      [
        [SERVER, "LEASE"],
        [SECOND_SERVER, "LEASE"],
      ],
    );
    const { status } = await host.run("ping", ["-c", "1", "-W", "5", (own?.address ?? "").replace("/24", "")]);
    assert.equal(status, 0, "it answers a ping at its address");
  });

  it("has its lease prolonged at T1, again and again", { skip }, async () => {
    const before = (await stack.look()).counters.DhcpInAcks ?? 0;
    const look = await stack.until("two renewals", ({ counters }) => (counters.DhcpInAcks ?? 0) >= before + 2);
    assert.equal(look.counters.DhcpInNaks, 0);
    assert.ok((lease(look)?.seconds ?? 0) > 110, `${lease(look)?.seconds} seconds are left of 120`);
  });

  it("answers for names: both families, aliases, other records, the name of an address", { skip }, async () => {
    assert.deepEqual(await stack.ask("resolve", { name: "www.lan.test", type: "A" }), ["10.77.0.80"]);
    assert.deepEqual(await stack.ask("resolve", { name: "www.lan.test", type: "AAAA" }), ["2001:db8::80"]);
    assert.deepEqual(await stack.ask("resolve", { name: "alias.lan.test", type: "A" }), ["10.77.0.80"]);
    assert.deepEqual(await stack.ask("resolve", { name: "lan.test", type: "MX" }), [
      { priority: 10, exchange: "mail.lan.test" },
    ]);
    assert.deepEqual(await stack.ask("resolve", { name: "_http._tcp.lan.test", type: "SRV" }), [
      { priority: 1, weight: 2, port: 80, name: "www.lan.test" },
    ]);
    assert.deepEqual(await stack.ask("resolve", { name: "short.lan.test", type: "TXT" }), [["one", "two"]]);
    assert.deepEqual(await stack.ask("reverse", { address: "10.77.0.80" }), ["www.lan.test"]);
    const found = await stack.ask<{ address: string }[]>("lookup", { name: "www" });
    assert.deepEqual(found.map(({ address }) => address).sort(), ["10.77.0.80", "2001:db8::80"]);
    await assert.rejects(stack.ask("resolve", { name: "nobody.lan.test", type: "A" }), { code: "ENOTFOUND" });
    await assert.rejects(stack.ask("resolve", { name: "www.lan.test", type: "MX" }), { code: "ENODATA" });
  });

  it("gives an answer that fits no datagram over TCP", { skip }, async () => {
    const [texts] = await stack.ask<string[][]>("resolve", { name: "long.lan.test", type: "TXT" });
    assert.equal(texts?.join("").length, 12 * 200);
    assert.ok(((await stack.look()).counters.DnsOutOverTcp ?? 0) >= 1);
  });

  it("moves to another range: the old address goes, one of the new ones comes", { skip }, async () => {
    await dnsmasq.stop();
    await serve("10.77.0.200,10.77.0.220");
    const look = await stack.until(
      "an address of the new range",
      (seen) => isBound(seen) && isUsable(seen, "10.77.0.2"),
    );
    assert.match(lease(look)?.address ?? "", /^10\.77\.0\.2[012]\d\/24$/);
    assert.ok(!look.addresses.some(({ address }) => /^10\.77\.0\.1\d\d$/.test(address)));
    assert.ok((look.counters.DhcpInNaks ?? 0) >= 1);
  });

  it("is down, and the second server is asked", { skip }, async () => {
    await dnsmasq.stop();
    assert.deepEqual(await stack.ask("resolve", { name: "short.lan.test", type: "TXT" }), [["one", "two"]]);
  });

  it("came to none of this by a malformed packet", { skip }, async () => {
    const { counters } = await stack.look();
    for (const name of [
      "DhcpInMalformed",
      "DhcpInUnusable",
      "DhcpInBadOptions",
      "DnsInMalformed",
      "DnsInWrongSource",
    ]) {
      assert.equal(counters[name], 0, name);
    }
    await stack.stop();
    await checkCaptures(lan);
  });
});
