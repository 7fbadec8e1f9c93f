// DHCP messages: the fixed fields, and options in the places that the RFCs allow.

import { be32 } from "../../assembly/base/bytes";
import {
  ABSENT,
  addressOption,
  beginMessage,
  endMessage,
  isAbout,
  isSoundMessage,
  MessageType,
  numberOption,
  OPTIONS,
  Op,
  Option,
  putAddress,
  putByte,
  putBytes,
  putClient,
  putNumber,
  putShort,
  readOption,
  typeOf,
} from "../../assembly/names/dhcp-message";
import { draw, draw32, startDraws } from "./draw";

const MESSAGE: usize = memory.data(2048, 8);
const ROOM: usize = memory.data(512, 8);
const SNAME: usize = 44;
const FILE: usize = 108;

function begin(): usize {
  memory.fill(MESSAGE, 0xee, 2048);
  return beginMessage(MESSAGE, Op.REPLY, 0x01020304, 0x03020102, 0x0504);
}

describe("a DHCP message (RFC 2131 §2)", () => {
  it("has its fields where the figure draws them, and its options behind the cookie", () => {
    let at = begin();
    expect<usize>(at).toBe(MESSAGE + OPTIONS);
    at = putByte(at, Option.TYPE, MessageType.ACK);
    at = putNumber(at, Option.LEASE_SECONDS, 3600);
    at = putAddress(at, Option.SERVER, 0x0100000a);
    at = putShort(at, Option.MTU, 1400);
    at = putClient(at, 0x03020102, 0x0504);
    const bytes = endMessage(MESSAGE, at);
    expect<u32>(bytes).toBe(300, "as much as every relay passes on");
    expect<u32>(be32(MESSAGE)).toBe(0x02010600);
    expect<u32>(be32(MESSAGE, 28)).toBe(0x02010203);
    expect<u32>(be32(MESSAGE, 236)).toBe(0x63825363);
    expect<bool>(isSoundMessage(MESSAGE, bytes, Op.REPLY)).toBe(true);
    expect<bool>(isSoundMessage(MESSAGE, bytes, Op.REQUEST)).toBe(false);
    expect<bool>(isAbout(MESSAGE, 0x03020102, 0x0504)).toBe(true);
    expect<bool>(isAbout(MESSAGE, 0x03020102, 0x0505)).toBe(false);
    expect<u32>(typeOf(MESSAGE, bytes, ROOM)).toBe(MessageType.ACK);
    expect<u32>(numberOption(MESSAGE, bytes, Option.LEASE_SECONDS, ROOM, 0)).toBe(3600);
    expect<u32>(addressOption(MESSAGE, bytes, Option.SERVER, ROOM)).toBe(0x0100000a);
    expect<i32>(readOption(MESSAGE, bytes, Option.CLIENT, ROOM, 255)).toBe(7);
    expect<i32>(readOption(MESSAGE, bytes, Option.DOMAIN, ROOM, 255)).toBe(ABSENT);
  });

  it("is refused when it is short, has another cookie, or is not about Ethernet", () => {
    const bytes = endMessage(MESSAGE, begin());
    for (let short: u32 = 0; short < OPTIONS; short++)
      expect<bool>(isSoundMessage(MESSAGE, short, Op.REPLY)).toBe(false);
    store<u8>(MESSAGE, 0, 236);
    expect<bool>(isSoundMessage(MESSAGE, bytes, Op.REPLY)).toBe(false);
    begin();
    store<u8>(MESSAGE, 16, 2);
    expect<bool>(isSoundMessage(MESSAGE, bytes, Op.REPLY)).toBe(false);
  });

  it("is refused when an option reaches beyond its end", () => {
    let at = begin();
    at = putBytes(at, Option.DOMAIN, ROOM, 20);
    const bytes = <u32>(at - MESSAGE);
    expect<bool>(isSoundMessage(MESSAGE, bytes, Op.REPLY)).toBe(true, "an end option may be missing");
    for (let short: u32 = OPTIONS + 1; short < bytes; short++) {
      expect<bool>(isSoundMessage(MESSAGE, short, Op.REPLY)).toBe(false);
    }
  });

  it("may have options in the fields for names, and in pieces (RFC 3396)", () => {
    let at = begin();
    store<u32>(ROOM, 0x64636261);
    at = putByte(at, Option.OVERLOAD, 3);
    at = putBytes(at, Option.DOMAIN, ROOM, 1);
    const bytes = endMessage(MESSAGE, at);
    store<u8>(putBytes(MESSAGE + FILE, Option.DOMAIN, ROOM + 1, 2), Option.END);
    store<u8>(putBytes(MESSAGE + SNAME, Option.DOMAIN, ROOM + 3, 1), Option.END);
    expect<bool>(isSoundMessage(MESSAGE, bytes, Op.REPLY)).toBe(true);
    store<u32>(ROOM, 0);
    expect<i32>(readOption(MESSAGE, bytes, Option.DOMAIN, ROOM, 255)).toBe(4);
    expect<u32>(load<u32>(ROOM)).toBe(0x64636261);
    store<u32>(ROOM, 0);
    expect<i32>(readOption(MESSAGE, bytes, Option.DOMAIN, ROOM, 2)).toBe(4, "all of it is counted");
    expect<u32>(load<u32>(ROOM)).toBe(0x6261, "and no more is copied than there is room for");
    store<u8>(MESSAGE + FILE, 200, 1);
    expect<bool>(isSoundMessage(MESSAGE, bytes, Op.REPLY)).toBe(false);
  });

  it("of any bytes whatever is read without a step beyond it", () => {
    startDraws(2);
    for (let round: u32 = 0; round < 20000; round++) {
      begin();
      const bytes = OPTIONS + draw(40);
      for (let i: u32 = OPTIONS; i < bytes; i++) store<u8>(MESSAGE + i, <u8>(draw(3) ? draw(64) : draw32()));
      for (let i: u32 = 44; i < 236; i++) store<u8>(MESSAGE + i, <u8>(draw(3) ? draw(64) : draw32()));
      if (!isSoundMessage(MESSAGE, bytes, Op.REPLY)) continue;
      memory.fill(ROOM, 0xee, 512);
      for (let option: u32 = 1; option < 255; option++) readOption(MESSAGE, bytes, <Option>option, ROOM, 16);
      if (load<u8>(ROOM, 16) == 0xee) continue;
      expect<u32>(round).toBe(20000, "the first round that went beyond");
      return;
    }
  });
});
