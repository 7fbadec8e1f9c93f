// Messages of neighbor discovery at random, most of them such that they are believed: who is where, who is a router, what
// is on the link.

import { PEER_MAC } from "../segment/addresses.ts";
import { concat, fourBytes, twoBytes } from "../segment/frames/bytes.ts";
import {
  type DiscoveryMessage,
  type DiscoveryOption,
  NA_OVERRIDE,
  NA_ROUTER,
  NA_SOLICITED,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  OPTION_MTU,
  OPTION_NONCE,
  OPTION_PREFIX,
  OPTION_RDNSS,
  OPTION_REDIRECTED,
  OPTION_SOURCE,
  OPTION_TARGET,
  RAW_DISCOVERY_OPTION,
  REDIRECT,
  ROUTER_ADVERTISEMENT,
  ROUTER_SOLICITATION,
} from "../segment/frames/discovery.ts";
import type { Draws } from "./fuzz-draws.ts";

/** A message about addresses that `address` draws. */
export function drawDiscovery(draws: Draws, address: () => Uint8Array): DiscoveryMessage {
  const { random } = draws;
  const type = draws.one([
    ROUTER_SOLICITATION,
    ROUTER_ADVERTISEMENT,
    ROUTER_ADVERTISEMENT,
    NEIGHBOR_SOLICITATION,
    NEIGHBOR_SOLICITATION,
    NEIGHBOR_ADVERTISEMENT,
    NEIGHBOR_ADVERTISEMENT,
    REDIRECT,
  ]);
  const options = Array.from({ length: random.below(random.chance(0.1) ? 20 : 4) }, () => drawOption(draws, address));
  return { type, word: drawWord(draws, type), fixed: drawFixed(draws, type, address), options };
}

function drawWord({ random }: Draws, type: number): number {
  if (type === ROUTER_ADVERTISEMENT) return random.u32();
  if (type !== NEIGHBOR_ADVERTISEMENT) return 0;
  const bits = [NA_ROUTER, NA_SOLICITED, NA_OVERRIDE].filter(() => random.chance(0.5));
  return bits.reduce((word, bit) => (word | bit) >>> 0, 0);
}

function drawFixed(draws: Draws, type: number, address: () => Uint8Array): Uint8Array {
  switch (type) {
    case ROUTER_SOLICITATION:
      return new Uint8Array(0);
    case ROUTER_ADVERTISEMENT:
      return concat([fourBytes(draws.time()), fourBytes(draws.time())]);
    case REDIRECT:
      return concat([address(), address()]);
    default:
      return address();
  }
}

function drawOption(draws: Draws, address: () => Uint8Array): DiscoveryOption {
  const { random } = draws;
  return draws.weighted<DiscoveryOption>([
    { weight: 4, make: () => ({ kind: draws.one([OPTION_SOURCE, OPTION_TARGET]), data: drawMac(draws) }) },
    { weight: 4, make: () => ({ kind: OPTION_PREFIX, data: drawPrefix(draws, address) }) },
    { weight: 1, make: () => ({ kind: OPTION_MTU, data: concat([twoBytes(0), fourBytes(drawMtu(draws))]) }) },
    { weight: 1, make: () => ({ kind: OPTION_RDNSS, data: drawServers(draws, address) }) },
    {
      weight: 1,
      make: () => ({ kind: draws.one([OPTION_NONCE, OPTION_REDIRECTED, random.below(256)]), data: draws.bytes(6) }),
    },
    { weight: 1, make: () => ({ kind: RAW_DISCOVERY_OPTION, data: draws.bytes(random.below(20)) }) },
  ]);
}

function drawMac(draws: Draws): Uint8Array {
  return draws.random.chance(0.7) ? PEER_MAC : draws.bytes(6);
}

function drawMtu({ random }: Draws): number {
  return random.chance(0.8) ? 1270 + random.below(240) : random.u32();
}

function drawPrefix(draws: Draws, address: () => Uint8Array): Uint8Array {
  const { random } = draws;
  const bits = random.chance(0.8) ? 64 : random.below(256);
  const times = [draws.time(), draws.time()].sort((a, b) => b - a);
  return concat([Uint8Array.of(bits, random.below(256)), ...times.map(fourBytes), fourBytes(0), address()]);
}

function drawServers(draws: Draws, address: () => Uint8Array): Uint8Array {
  const servers = Array.from({ length: 1 + draws.random.below(6) }, address);
  return concat([twoBytes(0), fourBytes(draws.time()), ...servers]);
}
