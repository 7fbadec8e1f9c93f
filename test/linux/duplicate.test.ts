// A second machine with the same address, of either version: who has it already keeps it, who claims it learns that it is
// taken, and a conflict over an address in use is counted, told, and the address defended (RFC 4862 §5.4, RFC 7217 §6,
// RFC 5227).

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { checkCaptures } from "./support/capture.ts";
import { type AdapterOrder, addressOf, curl, ETH, type Host, Lan, type Program } from "./support/lan.ts";
import { FULL } from "./support/network.ts";
import { skipWithout } from "./support/requirements.ts";

const skip = skipWithout("ndisc6");
const V4 = "10.77.0.2";
const V6 = "2001:db8:77::2";
const FREE_V4 = "10.77.0.3";
const FREE_V6 = "2001:db8:77::3";
/** Milliseconds in which an address is not defended again (RFC 5227 §1.1, DEFEND_INTERVAL). */
const DEFEND_INTERVAL = 10_000;

interface LinuxAddress {
  local: string;
  dadfailed?: boolean;
  tentative?: boolean;
}

describe("a machine with the stack's addresses is there first", () => {
  let lan: Lan;
  let host: Host;
  let stack: Program;

  before(async () => {
    if (skip) return;
    lan = new Lan();
    host = lan.host();
    for (const cidr of ["10.77.0.1/24", `${V4}/24`, "2001:db8:77::1/64", `${V6}/64`]) host.addAddress(cidr);
    const address = [`${V4}/24`, `${FREE_V4}/24`, `${V6}/64`, `${FREE_V6}/64`];
    stack = await lan.stack({ address, claim: true });
  });

  after(() => lan?.close());

  it("the stack tells which of its addresses are taken, and uses the others", { skip }, async () => {
    await stack.ask("ready");
    const { addresses, news, counters } = await stack.look();
    const given = addresses.filter(({ origin }) => origin === "MANUAL");
    const states = Object.fromEntries(given.map(({ address, state }) => [address, state]));
    const [taken, own] = ["DUPLICATE", "PREFERRED"];
    assert.deepEqual(states, { [V4]: taken, [FREE_V4]: own, [V6]: taken, [FREE_V6]: own });
    assert.ok(news.conflict > 0 && news.addresses > 0);
    assert.ok(counters.ArpInConflicts > 0 && counters.NdInConflicts > 0);
    for (const address of [FREE_V4, FREE_V6]) assert.equal((await curl(host, address, 1000)).length, 1000);
  });

  it("the stack says nothing for the taken ones", { skip }, async () => {
    const other = lan.host();
    other.addAddress("10.77.0.9/24");
    other.addAddress("2001:db8:77::9/64");
    const asked = await other.run("arping", ["-c", "2", "-w", "3", "-I", ETH, "-s", "10.77.0.9", V4]);
    const replies = asked.stdout.toString().match(/reply from .*/g) ?? [];
    assert.ok(replies.length > 0);
    for (const reply of replies) assert.ok(reply.toLowerCase().includes(await host.mac()), reply);
    const { stdout } = await other.run("ndisc6", ["-q", V6, ETH]);
    assert.deepEqual(stdout.toString().trim().toLowerCase().split("\n"), [await host.mac()]);
  });

  it("an address that the stack has made itself is made anew", { skip }, async () => {
    await stack.stop();
    // From the same seed comes the same address.
    const order: AdapterOrder & { seed: number } = { autoconfigure: ["link-local"], seed: 7 };
    const first = await lan.stack(order);
    await first.ask("ready");
    const made = addressOf(await first.look(), ({ origin }) => origin === "LINK_LOCAL");
    await first.stop();
    host.addAddress(`${made}/64`);
    const second = await lan.stack(order);
    await second.until("another address", ({ addresses }) => addresses.some(({ state }) => state === "PREFERRED"));
    const look = await second.look();
    assert.equal(look.addresses.length, 1);
    assert.notEqual(look.addresses[0].address, made);
    assert.equal(look.counters.NdInConflicts, 1);
    await second.stop();
  });

  it("sent nothing that Wireshark finds fault with", { skip }, () => checkCaptures(lan));
});

describe("the stack has the address", () => {
  let lan: Lan;
  let host: Host;
  let stack: Program;

  before(async () => {
    if (skip) return;
    lan = new Lan();
    host = lan.host();
    for (const cidr of ["10.77.0.1/24", "2001:db8:77::1/64"]) host.addAddress(cidr);
    stack = await lan.stack({ address: [`${V4}/24`, `${V6}/64`] });
    await stack.ask("ready");
  });

  after(() => lan?.close());

  async function linuxAddress(address: string): Promise<LinuxAddress | undefined> {
    const links = await host.ask<{ addr_info?: LinuxAddress[] }[]>(`addr show dev ${ETH}`);
    return links.flatMap(({ addr_info }) => addr_info ?? []).find(({ local }) => local === address);
  }

  it("Linux learns that it is taken when it claims it: arping -D, and duplicate address detection", {
    skip,
  }, async () => {
    const { status, stdout } = await host.run("arping", ["-D", "-c", "2", "-w", "5", "-I", ETH, V4]);
    assert.equal(status, 1, stdout.toString());
    host.setKernel(`ipv6/conf/${ETH}/accept_dad`, 1);
    host.ip(`-6 addr add ${V6}/64 dev ${ETH}`);
    let found = await linuxAddress(V6);
    while (found?.tentative && !found.dadfailed) {
      await setTimeout(100);
      found = await linuxAddress(V6);
    }
    assert.equal(found?.dadfailed, true, JSON.stringify(found));
    host.ip(`-6 addr del ${V6}/64 dev ${ETH}`);
    assert.equal((await curl(host, V6, 1000)).length, 1000);
    const { addresses, counters } = await stack.look();
    assert.ok(addresses.every(({ state }) => state === "PREFERRED"));
    assert.equal(counters.ArpInConflicts + counters.NdInConflicts, 0, "a claim alone is no conflict");
  });

  it("somebody takes it all the same: counted, told, defended, and not again at once", { skip }, async () => {
    const insist = ["-U", "-c", "1", "-I", ETH, "-s", V4, V4];
    host.addAddress(`${V4}/24`);
    const before = await stack.look();
    await host.run("arping", insist);
    const once = await stack.until("the conflict", ({ counters }) => counters.ArpInConflicts > 0);
    assert.ok(once.news.conflict > before.news.conflict);
    assert.equal(once.counters.ArpOutRequests, before.counters.ArpOutRequests + 1);
    await host.run("arping", insist);
    const twice = await stack.until(
      "another",
      ({ counters }) => counters.ArpInConflicts > once.counters.ArpInConflicts,
    );
    assert.equal(twice.counters.ArpOutRequests, once.counters.ArpOutRequests);
    assert.equal(
      addressOf(twice, ({ state, address }) => state === "PREFERRED" && address === V4),
      V4,
    );
    if (FULL) {
      await setTimeout(DEFEND_INTERVAL);
      await host.run("arping", insist);
      await stack.until("a third", ({ counters }) => counters.ArpOutRequests > once.counters.ArpOutRequests);
    }
    host.ip(`addr del ${V4}/24 dev ${ETH}`);
    assert.equal((await curl(host, V4, 1000)).length, 1000);
  });

  it("somebody takes the IPv6 one all the same: counted and told, and the stack keeps it", { skip }, async () => {
    const before = await stack.look();
    host.setKernel(`ipv6/conf/${ETH}/ndisc_notify`, 1);
    host.addAddress(`${V6}/64`);
    // It tells all of its addresses when its Ethernet address changes.
    host.ip(`link set ${ETH} address 02:00:00:00:77:99`);
    const look = await stack.until("the conflict", ({ counters }) => counters.NdInConflicts > 0);
    assert.ok(look.news.conflict > before.news.conflict);
    host.ip(`-6 addr del ${V6}/64 dev ${ETH}`);
    assert.equal((await curl(host, V6, 1000)).length, 1000);
  });

  it("sent nothing that Wireshark finds fault with", { skip }, async () => {
    await stack.stop();
    await checkCaptures(lan);
  });
});
