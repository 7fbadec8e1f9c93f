// What the stack says by itself and a script need not tell: who has the peer's address, who else has its own, and who it is
// for routers and groups. A script that is about that says so at its top.

import { ARP_REQUEST } from "./frames/arp.ts";
import {
  type DiscoveryMessage,
  NA_SOLICITED,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  ROUTER_SOLICITATION,
} from "./frames/discovery.ts";
import type { ReadFrame } from "./frames.ts";
import type { Directives } from "./script.ts";

/** True for a frame that no step has to expect. */
export function isHidden({ arp, discovery, group }: ReadFrame, directives: Directives): boolean {
  if (arp) return arp.operation === ARP_REQUEST && directives.arp !== "manual";
  if (discovery) return isUnasked(discovery, directives);
  return group !== undefined && directives.groups === "hidden";
}

function isUnasked({ type, word }: DiscoveryMessage, { nd, routers }: Directives): boolean {
  if (type === ROUTER_SOLICITATION) return routers === "hidden";
  const isQuestion = type === NEIGHBOR_SOLICITATION;
  const isNews = type === NEIGHBOR_ADVERTISEMENT && (word & NA_SOLICITED) === 0;
  return (isQuestion || isNews) && nd !== "manual";
}
