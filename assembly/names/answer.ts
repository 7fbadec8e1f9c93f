// Whether an answer is one to the question that was asked, and what it says (RFC 5452 §9.1, RFC 2308 §2). What could come
// from somebody who has not seen the question is counted and changes nothing.

import { Counter } from "../abi/counters";
import { Lookup } from "../abi/names";
import { copyAddress, setV4 } from "../base/address";
import { count } from "../base/counters";
import { FOREVER } from "../base/lifetimes";
import { NAMES_AREA, RECORDS_STATE } from "../base/memory";
import { keepAnswer } from "./cache";
import {
  CLASS_IN,
  DNS_HEADER_BYTES,
  DnsBits,
  DnsCode,
  dnsBits,
  dnsId,
  Records,
  RecordType,
  Section,
  soaMinimum,
} from "./dns-message";
import { lowerName, mixCases, nameBytes, sameName } from "./dns-name";
import { MOST_FOUND, Query, QueryFlag } from "./query";

/** What follows from an answer. */
export const enum Verdict {
  /** Nothing: it is none to our question. */
  WAIT,
  FOUND,
  NO_NAME,
  NO_DATA,
  /** The name is another one's alias, which is in `query.name` now. */
  ALIAS,
  /** It did not fit. */
  TRUNCATED,
  /** The server does not understand EDNS. */
  PLAIN,
  /** The server cannot, or will not. */
  FAILED,
}

/** Aliases that are followed within one answer. */
const MOST_LINKS: u32 = 16;

/** Room for the name of the record in view, and for the name that is looked for. */
const RECORD_NAME: usize = NAMES_AREA;
const TARGET: usize = NAMES_AREA + 256;

const records: Records = changetype<Records>(RECORDS_STATE);

/** Judges what lies in the look-up's room for an answer. `isWhole`: it came over TCP, so that nothing was cut off. */
export function judge(query: Query, bytes: u32, isWhole: bool): Verdict {
  const message = query.message;
  if (bytes < DNS_HEADER_BYTES || !(dnsBits(message) & DnsBits.RESPONSE) || dnsBits(message) & DnsBits.OPCODE) {
    count(Counter.DnsInMalformed);
    return Verdict.WAIT;
  }
  if (dnsId(message) != query.id) {
    count(Counter.DnsInWrongId);
    return Verdict.WAIT;
  }
  const code = dnsBits(message) & DnsBits.CODE;
  const isPuzzled = code == DnsCode.FORMAT_ERROR || code == DnsCode.NOT_IMPLEMENTED;
  // Who does not understand a question need not send it back (RFC 6891 §7).
  if (isPuzzled && !query.has(QueryFlag.PLAIN)) return Verdict.PLAIN;
  if (!records.start(message, bytes, RECORD_NAME)) {
    count(Counter.DnsInMalformed);
    return Verdict.WAIT;
  }
  if (!isOurQuestion(query)) {
    count(Counter.DnsInWrongQuestion);
    return Verdict.WAIT;
  }
  query.answerBytes = bytes;
  if (dnsBits(message) & DnsBits.TRUNCATED && !isWhole) return Verdict.TRUNCATED;
  if (code != DnsCode.NO_ERROR && code != DnsCode.NAME_ERROR) {
    count(Counter.DnsInFailures);
    return Verdict.FAILED;
  }
  return weigh(query, code == DnsCode.NAME_ERROR);
}

// The question must come back as it was asked, letter for letter, unless the last round is on.
function isOurQuestion(query: Query): bool {
  if (records.type != query.type || records.recordClass != CLASS_IN) return false;
  if (!sameName(RECORD_NAME, query.name)) return false;
  if (query.has(QueryFlag.SMALL)) return true;
  memory.copy(TARGET, query.name, nameBytes(query.name));
  mixCases(TARGET, query.cases);
  return memory.compare(TARGET, RECORD_NAME, nameBytes(TARGET)) == 0;
}

// Looks for records of the type that is wanted, along aliases.
function weigh(query: Query, isNoName: bool): Verdict {
  memory.copy(TARGET, query.name, nameBytes(query.name));
  query.found = 0;
  query.seconds = FOREVER;
  let has = false;
  let links: u32 = 0;
  for (; links <= MOST_LINKS; links++) {
    const step = search(query);
    if (step == Step.MALFORMED) {
      count(Counter.DnsInMalformed);
      return Verdict.WAIT;
    }
    has = step == Step.FOUND;
    if (step != Step.ALIAS) break;
  }
  if (links > MOST_LINKS) {
    count(Counter.DnsInMalformed);
    return Verdict.WAIT;
  }
  count(Counter.DnsInAnswers);
  if (has) return keep(query, Lookup.FOUND, Verdict.FOUND);
  const seconds = secondsOfNo(query);
  // An alias of a name that this server says nothing of.
  if (links && !isNoName && !seconds) {
    lowerName(TARGET);
    memory.copy(query.name, TARGET, nameBytes(TARGET));
    return Verdict.ALIAS;
  }
  query.seconds = seconds;
  return isNoName ? keep(query, Lookup.NO_NAME, Verdict.NO_NAME) : keep(query, Lookup.NO_DATA, Verdict.NO_DATA);
}

const enum Step {
  NOTHING,
  FOUND,
  ALIAS,
  MALFORMED,
}

// One walk over the answers for what is said of the name at TARGET; an alias takes its place there.
function search(query: Query): Step {
  let step = Step.NOTHING;
  records.start(query.message, query.answerBytes, RECORD_NAME);
  while (records.next(RECORD_NAME) && records.section == Section.ANSWER) {
    if (records.recordClass != CLASS_IN || !sameName(RECORD_NAME, TARGET)) continue;
    if (records.type == query.type) {
      if (!takeRecord(query)) return Step.MALFORMED;
      step = Step.FOUND;
    } else if (records.type == RecordType.CNAME && step == Step.NOTHING) {
      query.seconds = min<u32>(query.seconds, records.ttl);
      if (!records.dataName(TARGET)) return Step.MALFORMED;
      return Step.ALIAS;
    }
  }
  return records.isMalformed ? Step.MALFORMED : step;
}

// Takes the address of a record, if it has one. False: it is none.
function takeRecord(query: Query): bool {
  query.seconds = min<u32>(query.seconds, records.ttl);
  const data = records.message + records.data;
  const place = query.addresses + <u32>query.found * 16;
  const hasRoom = query.found < <u8>MOST_FOUND;
  if (query.type == RecordType.A) {
    if (records.dataBytes != 4) return false;
    if (hasRoom) setV4(place, load<u32>(data));
  } else if (query.type == RecordType.AAAA) {
    if (records.dataBytes != 16) return false;
    if (hasRoom) copyAddress(place, data);
  } else {
    return true;
  }
  if (hasRoom) query.found++;
  return true;
}

// How long "there is none" holds, in seconds: what the SOA record beside it says; 0: there is none (RFC 2308 §5).
function secondsOfNo(query: Query): u32 {
  records.start(query.message, query.answerBytes, RECORD_NAME);
  while (records.next(RECORD_NAME)) {
    if (records.section == Section.AUTHORITY && records.type == RecordType.SOA) return soaMinimum(records, RECORD_NAME);
  }
  return 0;
}

function keep(query: Query, outcome: Lookup, verdict: Verdict): Verdict {
  if (outcome != Lookup.FOUND) query.found = 0;
  const isOfAddresses = query.type == RecordType.A || query.type == RecordType.AAAA;
  if (isOfAddresses) keepAnswer(query.name, query.type, outcome, query.seconds, query.addresses, query.found);
  return verdict;
}
