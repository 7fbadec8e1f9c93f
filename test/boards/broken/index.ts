// The module with one defect, as a defect may be: after a few echo requests it writes far outside its memory. Otherwise it
// is the module that ships; started anew, it serves until it has counted as many again.

import { Counter } from "../../../assembly/abi/counters";
import { counted } from "../../../assembly/base/counters";
import { poll as turn } from "../../../assembly/index";

export * from "../../../assembly/index";

const REQUESTS: u32 = 5;

export function poll(nowLow: u32, nowHigh: u32): u32 {
  const wait = turn(nowLow, nowHigh);
  if (counted(Counter.IcmpInEchos) >= REQUESTS) store<u32>(0xfffffff0, nowLow);
  return wait;
}
