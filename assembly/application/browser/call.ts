// What a host may ask of the browser (abi/fetch.ts, FetchCall).

import { FETCH_LINE_BYTES } from "profile";
import { Errno } from "../../abi/errno";
import { FetchCall, FetchNews, FetchWord } from "../../abi/fetch";
import { copyAddress } from "../../base/address";
import { NEVER } from "../../base/clock";
import { MILLISECOND } from "../../base/config";
import { RESULT } from "../../base/memory";
import { lentAt } from "../../socket/inside";
import { isReadable } from "../../socket/pointers";
import { closeSocket } from "../../socket/socket";
import { readyBody, takeBody } from "./body";
import { advance, end, go, nextField } from "./browser";
import {
  Fetch,
  FetchFlag,
  FetchStage,
  fetchOf,
  findFree,
  numberOfFetch,
  showField,
  takeNews,
  takeShown,
} from "./fetch";

/** In the word of the port. */
const WITHOUT_BODY: u32 = 65536;
/** Of the line's room as much is left for the lines of the answer. */
const LEAST_LINE: u32 = 64;

export function call(operation: u32, a: u32, b: u32, c: u32, d: u32): i32 {
  if (operation == FetchCall.BEGIN) return begin(a, b, c, d);
  if (operation == FetchCall.NEXT) return next();
  const fetch = fetchOf(a);
  if (!fetch) return -Errno.EINVAL;
  switch (operation) {
    case FetchCall.GO:
      return fetch.stage == FetchStage.BEGUN ? go(fetch) : -Errno.EINVAL;
    case FetchCall.PEEK:
      return peekBody(fetch);
    case FetchCall.TAKE:
      return takeBody(fetch, b);
    case FetchCall.END:
      end(fetch);
      return 0;
    default:
      return -Errno.EOPNOTSUPP;
  }
}

function begin(address: usize, port: u32, bytes: u32, patience: u32): i32 {
  const host = bytes & 0xffff;
  const target = bytes >> 16;
  if (!isReadable(address, 16)) return -Errno.EFAULT;
  if (!host || !target || !(port & 0xffff) || !patience) return -Errno.EINVAL;
  if (host + target + LEAST_LINE > <u32>FETCH_LINE_BYTES) return -Errno.EMSGSIZE;
  const fetch = findFree();
  if (!fetch) return -Errno.ENFILE;
  if (fetch.stage == FetchStage.KEPT) closeSocket(fetch.socket);
  fetch.flags &= <u16>FetchFlag.LISTED;
  if (port & WITHOUT_BODY) fetch.set(FetchFlag.NO_BODY);
  fetch.stage = FetchStage.BEGUN;
  fetch.news = 0;
  fetch.deadline = NEVER;
  fetch.patience = <u64>patience * MILLISECOND;
  fetch.port = <u16>port;
  fetch.hostBytes = <u16>host;
  fetch.targetBytes = <u16>target;
  fetch.failure = 0;
  fetch.received = 0;
  copyAddress(fetch.address, address);
  set(FetchWord.NEWS, <u32>fetch.host);
  return numberOfFetch(fetch);
}

function next(): i32 {
  const shown = takeShown();
  if (shown) {
    nextField(shown);
    advance(shown);
  }
  const fetch = takeNews();
  if (!fetch) return -1;
  const news: u32 = fetch.news;
  fetch.news = 0;
  set(FetchWord.NEWS, news);
  set(FetchWord.STATUS, fetch.status);
  set(FetchWord.LINE, <u32>fetch.lineAt);
  set(FetchWord.LINE_BYTES, fetch.line.bytes);
  set(FetchWord.FAILURE, fetch.failure);
  set(FetchWord.RECEIVED_LOW, <u32>fetch.received);
  set(FetchWord.RECEIVED_HIGH, <u32>(fetch.received >> 32));
  if (news == FetchNews.FIELD) showField(fetch);
  return numberOfFetch(fetch);
}

function peekBody(fetch: Fetch): i32 {
  if (fetch.stage == FetchStage.HEAD) advance(fetch);
  const ready = readyBody(fetch);
  if (ready > 0) set(FetchWord.NEWS, <u32>lentAt());
  return ready;
}

function set(word: FetchWord, value: u32): void {
  store<u32>(RESULT + <usize>word * 4, value);
}
