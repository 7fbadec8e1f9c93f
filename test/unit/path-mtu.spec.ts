// The memory of narrow paths (RFC 1191): what it answers, for how long, and whom it forgets.

import { PATH_MTUS } from "profile";
import { setV4 } from "../../assembly/base/address";
import { now, setNow } from "../../assembly/base/clock";
import { SECOND } from "../../assembly/base/config";
import { PATH_MTU_BASE, PATH_MTU_BYTES } from "../../assembly/base/memory";
import { limitPathMtu, pathMtu } from "../../assembly/ip/path-mtu";

const ETHERNET: u32 = 1500;
/** What no IPv4 path is taken to be narrower than. */
const LEAST_PATH_MTU: u32 = 552;
const TEN_MINUTES: u32 = 600;
const ADDRESS: usize = memory.data(16, 8);

/** The address of a host that differs from the others in its last two bytes. */
function host(number: u32): usize {
  setV4(ADDRESS, 0x0000630a | (number << 16));
  return ADDRESS;
}

function wait(seconds: u32): void {
  setNow(now() + <u64>seconds * SECOND);
}

function forgetAll(): void {
  memory.fill(PATH_MTU_BASE, 0, PATH_MTUS * PATH_MTU_BYTES);
}

describe("the MTU of a path", () => {
  beforeEach(forgetAll);

  it("is the link's while nothing is known", () => {
    expect<u32>(pathMtu(host(1), ETHERNET)).toBe(ETHERNET);
    limitPathMtu(host(1), 1400);
    expect<u32>(pathMtu(host(2), ETHERNET)).toBe(ETHERNET);
    expect<u32>(pathMtu(host(1), ETHERNET)).toBe(1400);
  });

  it("is never above the link's, nor below the least", () => {
    limitPathMtu(host(1), 1400);
    expect<u32>(pathMtu(host(1), 1280)).toBe(1280);
    limitPathMtu(host(1), LEAST_PATH_MTU);
    expect<u32>(pathMtu(host(1), ETHERNET)).toBe(LEAST_PATH_MTU);
    limitPathMtu(host(1), LEAST_PATH_MTU - 1);
    expect<u32>(pathMtu(host(1), ETHERNET)).toBe(LEAST_PATH_MTU);
    limitPathMtu(host(1), 0);
    expect<u32>(pathMtu(host(1), ETHERNET)).toBe(LEAST_PATH_MTU);
  });

  it("is not raised by a later report of more, which may be an old one (RFC 1191 §3)", () => {
    limitPathMtu(host(1), 600);
    limitPathMtu(host(1), 1400);
    expect<u32>(pathMtu(host(1), ETHERNET)).toBe(600);
  });

  it("is forgotten after ten minutes (§6.3), counted from the last report", () => {
    limitPathMtu(host(1), 1400);
    wait(TEN_MINUTES - 1);
    expect<u32>(pathMtu(host(1), ETHERNET)).toBe(1400);
    limitPathMtu(host(1), 1300);
    wait(TEN_MINUTES - 1);
    expect<u32>(pathMtu(host(1), ETHERNET)).toBe(1300);
    wait(1);
    expect<u32>(pathMtu(host(1), ETHERNET)).toBe(ETHERNET);
    limitPathMtu(host(1), 1450);
    expect<u32>(pathMtu(host(1), ETHERNET)).toBe(1450, "it is found out anew");
  });
});

describe("the table of paths", () => {
  beforeEach(forgetAll);

  it("holds as many as the profile says", () => {
    fill();
    let wrong: u32 = 0;
    for (let i: u32 = 0; i < PATH_MTUS; i++) if (pathMtu(host(i), ETHERNET) != 600 + i) wrong++;
    expect<u32>(wrong).toBe(0);
  });

  it("gives up the entry that ends first for a new one", () => {
    fill();
    // The oldest is reported again, so that the second oldest ends first. A table of one has only that one.
    limitPathMtu(host(0), 599);
    limitPathMtu(host(PATH_MTUS), 1400);
    expect<u32>(pathMtu(host(PATH_MTUS), ETHERNET)).toBe(1400);
    const evicted: u32 = PATH_MTUS > 1 ? 1 : 0;
    expect<u32>(pathMtu(host(evicted), ETHERNET)).toBe(ETHERNET);
    let left: u32 = 0;
    for (let i: u32 = 0; i < PATH_MTUS; i++) if (pathMtu(host(i), ETHERNET) != ETHERNET) left++;
    expect<u32>(left).toBe(PATH_MTUS - 1);
  });

  it("has one entry for a destination, however often it is reported", () => {
    fill();
    for (let i: u32 = 0; i < 2 * PATH_MTUS; i++) limitPathMtu(host(PATH_MTUS - 1), 590);
    let left: u32 = 0;
    for (let i: u32 = 0; i < PATH_MTUS; i++) if (pathMtu(host(i), ETHERNET) != ETHERNET) left++;
    expect<u32>(left).toBe(PATH_MTUS);
  });

  it("fills the places of entries that have ended before it gives up others", () => {
    fill();
    wait(TEN_MINUTES - PATH_MTUS / 2);
    const alive = countAlive();
    const ended = PATH_MTUS - alive;
    for (let i: u32 = 0; i < ended; i++) limitPathMtu(host(1000 + i), 1400);
    expect<u32>(countAlive()).toBe(alive);
  });
});

/** Fills the table, a second between two reports. */
function fill(): void {
  for (let i: u32 = 0; i < PATH_MTUS; i++) {
    wait(1);
    limitPathMtu(host(i), 600 + i);
  }
}

function countAlive(): u32 {
  let alive: u32 = 0;
  for (let i: u32 = 0; i < PATH_MTUS; i++) if (pathMtu(host(i), ETHERNET) != ETHERNET) alive++;
  return alive;
}
