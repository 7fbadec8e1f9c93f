// The last step of every segment on its way out, whoever made it: its checksum, and IP.

import { Counter } from "../../abi/counters";
import { bswap16 } from "../../base/bytes";
import { fold32, sumHeader, sumPseudoHeader } from "../../base/checksum";
import { count } from "../../base/counters";
import { Packet } from "../../device/packet";
import { Path, sendIp } from "../../ip/output";
import { Protocol } from "../../ip/protocol";
import { CHECKSUM } from "./header";

/**
 * Puts the checksum into the segment in view, from `local` to `remote`, whose header takes `headerBytes` and whose text
 * behind that sums up to `textSum`, and sends it. 0, or a negative errno. The caller keeps its hold.
 */
export function sendSegment(
  packet: Packet,
  path: Path,
  local: usize,
  remote: usize,
  headerBytes: u32,
  textSum: u32,
  ttl: u32,
  tos: u32,
  dontFragment: bool = true,
): i32 {
  const p = packet.data;
  const pseudo = sumPseudoHeader(local, remote, Protocol.TCP);
  const sum = pseudo + bswap16(packet.length) + sumHeader(p, headerBytes) + textSum;
  store<u16>(p, <u16>~fold32(sum), CHECKSUM);
  count(Counter.TcpOutSegs);
  return sendIp(packet, path, local, remote, Protocol.TCP, ttl, tos, dontFragment);
}
