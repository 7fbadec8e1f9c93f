// Groups: whatever is joined and left, the adapter takes it and the MAC's filter admits it, and a router that reads the
// reports knows it, also when it misses every other one.

import { GROUPS, IPV6 } from "profile";
import { setSolicitedNode, setV4 } from "../../assembly/base/address";
import { NEVER, now, setNow } from "../../assembly/base/clock";
import { GROUP_TIMER, MILLISECOND } from "../../assembly/base/config";
import { ADDRESS_BASE, GROUP_BASE, GROUP_BYTES, RINGS_BASE, RINGS_BYTES } from "../../assembly/base/memory";
import { packetPool } from "../../assembly/base/pool";
import { startRandom } from "../../assembly/base/random";
import { startTimers, takeExpired, timerDue } from "../../assembly/base/timers";
import { Adapter, keepAdapter, nextAdapter, startDevices } from "../../assembly/device/adapter";
import { read32 } from "../../assembly/device/bus";
import { filterBit } from "../../assembly/device/driver";
import { startPackets } from "../../assembly/device/packet";
import { Mac } from "../../assembly/device/registers";
import { groupMacHigh, groupMacLow } from "../../assembly/ethernet/header";
import { startInterface } from "../../assembly/ethernet/interface";
import { groupsInUse, isExclude, isReported, isSourceSpecific, isWanted } from "../../assembly/ip/group-table";
import { isMember, joinGroup, leaveGroup, startGroups } from "../../assembly/ip/groups";
import { fromFloat } from "../../assembly/ip/query";
import { answerTime, askedForAll, askedForGroup, reportTimeout } from "../../assembly/ip/report";
import { draw, oneIn, startDraws } from "./draw";
import { MOST, Router } from "./group-router";

const ADDRESS: usize = memory.data(16, 8);
const SOURCE: usize = memory.data(16, 8);
const MTU: u32 = 1500;

/** One adapter that is in no group yet. */
function start(): Adapter {
  memory.fill(GROUP_BASE, 0, GROUPS * GROUP_BYTES);
  memory.fill(ADDRESS_BASE, 0, 32);
  memory.fill(RINGS_BASE, 0, RINGS_BYTES);
  startRandom(1, 2, 3, 4);
  startPackets();
  startTimers();
  startDevices(0);
  const adapter = nextAdapter()!;
  adapter.up = 1;
  keepAdapter();
  if (IPV6) startInterface(0, MTU);
  startGroups(adapter);
  return adapter;
}

/** 239.1.2.N or ff05::N; N is 0 for the address that no test joins. */
function group(number: u32, isV6: bool): usize {
  setV4(ADDRESS, 0x000201ef | (number << 24));
  if (isV6) setV6(ADDRESS, 0x05ff, number);
  return ADDRESS;
}

/** 10.0.0.N or 2001:db8::N; 0: every source. */
function source(number: u32, isV6: bool): usize {
  if (!number) return 0;
  setV4(SOURCE, 0x0000000a | (number << 24));
  if (isV6) setV6(SOURCE, 0xb80d0120, number);
  return SOURCE;
}

function setV6(p: usize, head: u64, tail: u64): void {
  store<u64>(p, head);
  store<u64>(p, tail << 56, 8);
}

function admits(adapter: Adapter, address: usize): bool {
  const bits = ((<u64>read32(adapter.base + Mac.HASH_HIGH)) << 32) | read32(adapter.base + Mac.HASH_LOW);
  return ((bits >> filterBit(groupMacLow(address), groupMacHigh(address))) & 1) != 0;
}

/** Lets time go on until nothing is to be said any more. */
function settle(adapter: Adapter, router: Router, loses: bool): void {
  for (let i = 0; timerDue(GROUP_TIMER) != NEVER; i++) {
    assert(i < 1000, "it never ends");
    step(adapter, router, loses);
  }
}

function step(adapter: Adapter, router: Router, loses: bool): void {
  const due = timerDue(GROUP_TIMER);
  if (due == NEVER) return;
  setNow(due);
  if (takeExpired(now()) == <i32>GROUP_TIMER) reportTimeout();
  router.listen(adapter, loses);
}

/** Joins, leaves, questions and time, in any order; then what the router has made of it is compared. */
function live(seed: u32, isV6: bool, loses: bool): u32 {
  startDraws(seed);
  const adapter = start();
  const router = new Router(isV6);
  const users = new StaticArray<i32>((MOST + 1) * (MOST + 1));
  let wrong: u32 = 0;
  for (let round = 0; round < 60; round++) {
    const number = 1 + draw(MOST);
    const from = oneIn(2) ? 0 : 1 + draw(MOST);
    const at = number * (MOST + 1) + from;
    const many = oneIn(2);
    if (many) {
      if (joinGroup(0, group(number, isV6), source(from, isV6)) >= 0) users[at]++;
    } else {
      const left = leaveGroup(0, group(number, isV6), source(from, isV6)) == 0;
      if (left != users[at] > 0) wrong++;
      if (left) users[at]--;
    }
    // Answers between the two reports of a change would let both of them be lost.
    if (!loses && oneIn(8)) askedForAll(0, isV6, 10000);
    if (!loses && oneIn(8)) askedForGroup(0, group(number, isV6), oneIn(2) ? 0 : source(1, isV6), answerTime(1000));
    while (oneIn(2)) step(adapter, router, loses);
    wrong += differences(users, isV6, adapter);
  }
  settle(adapter, router, loses);
  return wrong + misunderstandings(users, router);
}

/** Groups of which the table, or the MAC, thinks otherwise than whoever joined. */
function differences(users: StaticArray<i32>, isV6: bool, adapter: Adapter): u32 {
  let wrong: u32 = 0;
  for (let number: u32 = 1; number <= MOST; number++) {
    const address = group(number, isV6);
    let any = false;
    for (let from: u32 = 0; from <= MOST; from++) if (users[number * (MOST + 1) + from] > 0) any = true;
    if (isWanted(0, address) != any || isMember(0, address) != any) wrong++;
    if (isExclude(0, address) != users[number * (MOST + 1)] > 0) wrong++;
    if (any && !admits(adapter, address)) wrong++;
  }
  return wrong;
}

/** Groups and sources of which the router thinks otherwise. */
function misunderstandings(users: StaticArray<i32>, router: Router): u32 {
  let wrong: u32 = 0;
  for (let number: u32 = 1; number <= MOST; number++) {
    const all = users[number * (MOST + 1)] > 0;
    if (router.exclude[number] != all) wrong++;
    for (let from: u32 = 1; from <= MOST; from++) {
      if (router.wants(number, from) != (all || users[number * (MOST + 1) + from] > 0)) wrong++;
    }
  }
  return wrong;
}

describe("a router", () => {
  it("knows what a host wants, over IGMP", () => {
    for (let seed: u32 = 1; seed <= 150; seed++) expect<u32>(live(seed, false, false)).toBe(0, `seed ${seed}`);
  });

  it("knows what a host wants, over MLD", () => {
    for (let seed: u32 = 1; seed <= 150; seed++) expect<u32>(live(seed, true, false)).toBe(0, `seed ${seed}`);
  });

  it("knows it though every other report is lost, since each change is told twice", () => {
    for (let seed: u32 = 1; seed <= 150; seed++) expect<u32>(live(seed, seed % 2 == 0, true)).toBe(0, `seed ${seed}`);
  });

  it("hears of a group later when there is no packet to tell of it", () => {
    const adapter = start();
    const router = new Router(false);
    joinGroup(0, group(1, false));
    const free = packetPool.free;
    packetPool.free = 0;
    for (let i = 0; i < 3; i++) step(adapter, router, false);
    expect<u32>(router.reports).toBe(0);
    packetPool.free = free;
    settle(adapter, router, false);
    expect<bool>(router.exclude[1]).toBe(true);
    expect<u32>(router.reports).toBe(2);
  });

  it("reads reports that take several packets when there is much to tell", () => {
    const adapter = start();
    const router = new Router(true);
    // Each a record of 20 bytes and a source of 16: more than fits 1,500 bytes.
    for (let i: u32 = 0; i < GROUPS; i++) joinGroup(0, group(10 + i, true), source(1, true));
    step(adapter, router, false);
    expect<u32>(router.reports).toBe((GROUPS * 36) / (MTU - 56) + 1);
  });
});

describe("the table of groups", () => {
  it("is empty when all has been left and told", () => {
    const adapter = start();
    const router = new Router(false);
    for (let i: u32 = 1; i <= MOST; i++) joinGroup(0, group(i, false));
    settle(adapter, router, false);
    for (let i: u32 = 1; i <= MOST; i++) leaveGroup(0, group(i, false));
    expect<u32>(groupsInUse()).toBe(MOST, "routers are still to be told");
    settle(adapter, router, false);
    expect<u32>(groupsInUse()).toBe(0);
    expect<bool>(admits(adapter, group(1, false))).toBe(false);
  });

  it("refuses what it has no room for, and gives the place of a group that is being left", () => {
    start();
    for (let i: u32 = 0; i < GROUPS; i++) expect<bool>(joinGroup(0, group(i, false)) >= 0).toBe(true);
    expect<bool>(joinGroup(0, group(GROUPS, false)) < 0).toBe(true);
    leaveGroup(0, group(0, false));
    expect<bool>(joinGroup(0, group(GROUPS, false)) >= 0).toBe(true);
    expect<bool>(joinGroup(0, group(0, false)) < 0).toBe(true);
  });

  it("knows the groups of all hosts, which nobody joins or reports", () => {
    const adapter = start();
    setV4(ADDRESS, 0x010000e0);
    expect<bool>(isMember(0, ADDRESS) && !isReported(ADDRESS) && admits(adapter, ADDRESS)).toBe(true);
    setV6(ADDRESS, 0x02ff, 1);
    expect<bool>(isMember(0, ADDRESS) && !isReported(ADDRESS) && admits(adapter, ADDRESS)).toBe(true);
    setV6(ADDRESS, 0x01ff, 9);
    expect<bool>(isReported(ADDRESS)).toBe(false, "a group of one machine");
    expect<bool>(isReported(group(1, false)) && isReported(group(1, true))).toBe(true);
  });

  it("knows the groups that are joined with a source (RFC 4607 §1)", () => {
    setV4(ADDRESS, 0x030201e8);
    expect<bool>(isSourceSpecific(ADDRESS)).toBe(true);
    setV6(ADDRESS, 0x35ff, 9);
    expect<bool>(isSourceSpecific(ADDRESS)).toBe(true);
    expect<bool>(isSourceSpecific(group(1, false)) || isSourceSpecific(group(1, true))).toBe(false);
  });
});

describe("the filter", () => {
  it("has a bit for a group's Ethernet address, as the MAC reckons it", () => {
    expect<u32>(filterBit(0x5e0001, 0x0100)).toBe(9); // 01:00:5e:00:00:01
    expect<u32>(filterBit(0x3333, 0x0100)).toBe(40); // 33:33:00:00:00:01
    expect<u32>(filterBit(0x015e0001, 0x0302)).toBe(62); // 01:00:5e:01:02:03
    setV6(ADDRESS, 0xb80d0120, 1);
    setSolicitedNode(SOURCE, ADDRESS);
    expect<u32>(filterBit(groupMacLow(SOURCE), groupMacHigh(SOURCE))).toBe(31); // 33:33:ff:00:00:01
  });
});

describe("a code for times", () => {
  it("is the time itself, or a number with an exponent (RFC 3376 §4.1.1, RFC 3810 §5.1.3)", () => {
    expect<u32>(fromFloat(0, 4)).toBe(0);
    expect<u32>(fromFloat(127, 4)).toBe(127);
    expect<u32>(fromFloat(0x80, 4)).toBe(128);
    expect<u32>(fromFloat(0xff, 4)).toBe(31744);
    expect<u32>(fromFloat(0x7fff, 12)).toBe(32767);
    expect<u32>(fromFloat(0x8000, 12)).toBe(32768);
    expect<u32>(fromFloat(0xffff, 12)).toBe(8387584);
  });

  it("leads to a moment within that time", () => {
    start();
    let late: u32 = 0;
    for (let i = 0; i < 1000; i++) if (answerTime(8387584) - now() >= <u64>8387584 * MILLISECOND) late++;
    expect<u32>(late).toBe(0);
    expect<u64>(answerTime(0)).toBe(now());
  });
});
