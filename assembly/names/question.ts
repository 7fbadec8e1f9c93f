// The question of a look-up as it is sent, over UDP and TCP alike.

import { LOOKUP_ANSWER_BYTES } from "profile";
import { DNS_HEADER_BYTES, DnsBits, LEAST_ANSWER_BYTES, writeEdns, writeQuestion } from "./dns-message";
import { mixCases } from "./dns-name";
import { Query, QueryFlag } from "./query";

/** The largest answer that crosses every link in one packet (the figure of DNS flag day 2020). */
const EDNS_BYTES: u32 = LOOKUP_ANSWER_BYTES < 1232 ? LOOKUP_ANSWER_BYTES : 1232;

/** Writes the question at `p`: its bytes. */
export function writeQuery(query: Query, p: usize): u32 {
  let at = writeQuestion(p, query.id, DnsBits.RECURSION_DESIRED, query.name, query.type);
  if (!query.has(QueryFlag.SMALL)) mixCases(p + DNS_HEADER_BYTES, query.cases);
  if (EDNS_BYTES > LEAST_ANSWER_BYTES && !query.has(QueryFlag.PLAIN)) at = writeEdns(p, at, EDNS_BYTES);
  return <u32>(at - p);
}
