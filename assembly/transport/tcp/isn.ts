// Initial sequence numbers: a clock and a keyed hash of the connection (RFC 6528; RFC 9293 §3.4.1).

import { copyAddress } from "../../base/address";
import { now } from "../../base/clock";
import { WORK_AREA } from "../../base/memory";
import { SECRET } from "../../base/random";
import { sipHash } from "../../base/siphash";
import { Flow } from "../flow";

/** ISN = M + F(local, remote, secret), where M advances every four microseconds. */
export function initialSequence(flow: Flow): u32 {
  return <u32>(now() >> 2) + <u32>flowHash(flow);
}

/** A keyed hash of a flow's two ends. */
export function flowHash(flow: Flow): u64 {
  copyAddress(WORK_AREA, flow.local);
  copyAddress(WORK_AREA + 16, flow.remote);
  store<u64>(WORK_AREA, ((<u64>flow.localPort) << 16) | flow.remotePort, 32);
  return sipHash(SECRET, WORK_AREA, 5);
}
