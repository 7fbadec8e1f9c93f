// Which of the addresses that a name has is to be tried first (RFC 6724 §6).

import { LOOPBACK } from "profile";
import { AddressState } from "../abi/addresses";
import { commonPrefix, isUnspecified, isV4 } from "../base/address";
import { labelOf, precedenceOf, scopeOf } from "../base/address-policy";
import { isOwn, OwnAddress, sourceFor } from "../ethernet/addresses";
import { ANY_ADAPTER, findRoute } from "./route";

/**
 * -1 when the destination at `a` is to be tried before that at `b`, 1 when after it, 0 when nothing tells them apart and their
 * order stands (rule 10). Rules 4 and 7 are about mobile hosts and tunnels, which are not there.
 */
export function compareDestinations(a: usize, b: usize): i32 {
  const sourceA = sourceOf(a);
  const sourceB = sourceOf(b);
  let better = compare(fitOf(a, sourceA), fitOf(b, sourceB)); // rules 1, 2, 3 and 5
  if (!better) better = compare(precedenceOf(a), precedenceOf(b)); // rule 6
  if (!better) better = compare(scopeOf(b), scopeOf(a)); // rule 8: the narrower one
  if (better || !sourceA || !sourceB || isV4(a) || isV4(b)) return better;
  return compare(sharedBits(a, sourceA), sharedBits(b, sourceB)); // rule 9
}

// The destination of which there is more comes first.
function compare(ofA: u32, ofB: u32): i32 {
  return ofA == ofB ? 0 : ofA > ofB ? -1 : 1;
}

// The address that would be spoken from; null when there is no way, or none to go with.
function sourceOf(destination: usize): OwnAddress | null {
  if (isUnspecified(destination)) return null;
  const route = findRoute(destination, ANY_ADAPTER);
  return route ? sourceFor(route.adapter, destination) : null;
}

// What speaks for a destination, the weightiest in the highest bit: it can be reached (rule 1), the scopes agree (2), the
// source is not on its way out (3), the labels agree (5). The machine itself comes first of all.
function fitOf(destination: usize, source: OwnAddress | null): u32 {
  if (LOOPBACK && isOwn(destination)) return 16;
  if (!source) return 0;
  let fit: u32 = 8;
  if (scopeOf(destination) == scopeOf(source.address)) fit |= 4;
  if (source.state != AddressState.DEPRECATED) fit |= 2;
  if (labelOf(destination) == labelOf(source.address)) fit |= 1;
  return fit;
}

function sharedBits(destination: usize, source: OwnAddress): u32 {
  return min<u32>(commonPrefix(source.address, destination), source.prefixLength);
}
