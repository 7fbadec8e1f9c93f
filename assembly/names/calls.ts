// The calls about names that a host makes.

import { LOOKUPS } from "profile";
import { Errno } from "../abi/errno";
import { LookupWord, OwnName } from "../abi/names";
import { HOST_NAME, NAMES_AREA, RESULT, SEARCH_DOMAIN } from "../base/memory";
import { keepHost } from "./cache";
import { DOMAIN_BYTES } from "./dhcp-lease";
import { BAD_NAME, labelsOf, nameOfText } from "./dns-name";
import { queryOf } from "./query";

/** Behind the text that a host has written: room for the name that it stands for. */
const NAME: usize = NAMES_AREA + 256;

/** How a look-up stands, and in RESULT what it has found; EBADF for a handle that names none. */
export function statusOfLookup(handle: i32): i32 {
  const query = queryOf(handle);
  if (!query) return -Errno.EBADF;
  set(LookupWord.COUNT, query.found);
  set(LookupWord.ADDRESSES, <u32>query.addresses);
  set(LookupWord.SECONDS, query.seconds);
  set(LookupWord.MESSAGE, <u32>query.message);
  set(LookupWord.MESSAGE_BYTES, query.answerBytes);
  return query.outcome;
}

function set(word: LookupWord, value: u32): void {
  store<u32>(RESULT + <usize>word * 4, value);
}

/** Gives a host an address: 0, EINVAL for what is no name, ENFILE when there is no room, or its name is too long to keep. */
export function nameHost(text: usize, bytes: u32, address: usize): i32 {
  if (nameOfText(text, bytes, NAME) == BAD_NAME) return -Errno.EINVAL;
  return keepHost(NAME, address) ? 0 : -Errno.ENFILE;
}

/** Sets one of the machine's own names; no text at all takes it away. EINVAL for what cannot be one. */
export function setOwnName(which: u32, text: usize, bytes: u32): i32 {
  if (which != OwnName.HOST && (which != OwnName.DOMAIN || !LOOKUPS)) return -Errno.EINVAL;
  const target = which == OwnName.HOST ? HOST_NAME : SEARCH_DOMAIN;
  if (!bytes) {
    store<u8>(target, 0);
    return 0;
  }
  const whole = nameOfText(text, bytes, NAME);
  if (whole == BAD_NAME || <u32>whole > DOMAIN_BYTES) return -Errno.EINVAL;
  if (which == OwnName.HOST && labelsOf(NAME) != 1) return -Errno.EINVAL;
  memory.copy(target, NAME, which == OwnName.HOST ? whole - 1 : whole);
  return 0;
}
