// DHCP messages (RFC 2131 §2, RFC 2132), as a careful server would write and read them.

import { concat, demand, fourBytes, twoBytes, viewOf } from "./bytes.ts";

export const SERVER_PORT = 67;
export const CLIENT_PORT = 68;
const FIXED = 236;
const COOKIE = Uint8Array.of(99, 130, 83, 99);
const LEAST = 300;
const END = 255;

export const TYPES: readonly string[] = [
  "",
  "discover",
  "offer",
  "request",
  "decline",
  "ack",
  "nak",
  "release",
  "inform",
];

export interface DhcpOption {
  code: number;
  data: Uint8Array;
}

export interface DhcpMessage {
  /** 1 from a client, 2 from a server. */
  op: number;
  xid: number;
  secs: number;
  isBroadcast: boolean;
  ciaddr: Uint8Array;
  yiaddr: Uint8Array;
  mac: Uint8Array;
  options: DhcpOption[];
}

export function buildDhcp(message: DhcpMessage): Uint8Array {
  const fixed = new Uint8Array(FIXED);
  fixed.set([message.op, 1, 6, 0]);
  fixed.set(fourBytes(message.xid), 4);
  fixed.set(twoBytes(message.secs), 8);
  if (message.isBroadcast) fixed[10] = 0x80;
  fixed.set(message.ciaddr, 12);
  fixed.set(message.yiaddr, 16);
  fixed.set(message.mac, 28);
  const options = message.options.map(({ code, data }) => concat([Uint8Array.of(code, data.length), data]));
  return concat([fixed, COOKIE, ...options, Uint8Array.of(END)]);
}

/** Throws `FrameError` when a length or a fixed field is wrong. */
export function readDhcp(bytes: Uint8Array): DhcpMessage {
  demand(bytes.length >= LEAST, `a DHCP message of ${bytes.length} bytes is too short for relays (RFC 1542 §2.1)`);
  const view = viewOf(bytes);
  demand(bytes[1] === 1 && bytes[2] === 6, "the DHCP message is not about Ethernet");
  demand(
    COOKIE.every((byte, i) => bytes[FIXED + i] === byte),
    "the DHCP message has no cookie",
  );
  return {
    op: bytes[0],
    xid: view.getUint32(4),
    secs: view.getUint16(8),
    isBroadcast: (bytes[10] & 0x80) !== 0,
    ciaddr: bytes.slice(12, 16),
    yiaddr: bytes.slice(16, 20),
    mac: bytes.slice(28, 34),
    options: readOptions(bytes.subarray(FIXED + COOKIE.length)),
  };
}

function readOptions(bytes: Uint8Array): DhcpOption[] {
  const options: DhcpOption[] = [];
  let at = 0;
  while (bytes[at] !== END) {
    demand(at + 1 < bytes.length, "the options of the DHCP message do not end");
    const length = bytes[at + 1];
    demand(at + 2 + length <= bytes.length, `option ${bytes[at]} reaches beyond the DHCP message`);
    options.push({ code: bytes[at], data: bytes.slice(at + 2, at + 2 + length) });
    at += 2 + length;
  }
  return options;
}
