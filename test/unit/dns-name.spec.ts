// Names in DNS messages: whole, in parts that refer back, and such as strangers make to harm whoever reads them.

import {
  appendName,
  BAD_NAME,
  labelsOf,
  lowerName,
  mixCases,
  NAME_BYTES,
  nameBytes,
  nameOfText,
  readName,
  sameName,
  textOfName,
} from "../../assembly/names/dns-name";
import { draw, draw32, startDraws } from "./draw";

const TEXT: usize = memory.data(512);
const NAME: usize = memory.data(512);
const OTHER: usize = memory.data(512);
const MESSAGE: usize = memory.data(2048);

function put(p: usize, text: string): u32 {
  for (let i = 0; i < text.length; i++) store<u8>(p + i, <u8>text.charCodeAt(i));
  return text.length;
}

function name(p: usize, text: string): i32 {
  return nameOfText(TEXT, put(TEXT, text), p);
}

function textOf(p: usize): string {
  const bytes = textOfName(p, TEXT);
  let text = "";
  for (let i: u32 = 0; i < bytes; i++) text += String.fromCharCode(load<u8>(TEXT + i));
  return text;
}

/** Bytes of a message as numbers. */
function message(bytes: u8[]): u32 {
  memory.fill(MESSAGE, 0xee, 2048);
  for (let i = 0; i < bytes.length; i++) store<u8>(MESSAGE + i, bytes[i]);
  return bytes.length;
}

describe("a name in text", () => {
  it("becomes labels with their lengths, in small letters, and text again", () => {
    expect<i32>(name(NAME, "Www.Example.com")).toBe(17);
    expect<u32>(load<u8>(NAME)).toBe(3);
    expect<u32>(load<u8>(NAME, 4)).toBe(7);
    expect<u32>(load<u8>(NAME, 16)).toBe(0);
    expect<u32>(nameBytes(NAME)).toBe(17);
    expect<u32>(labelsOf(NAME)).toBe(3);
    expect<string>(textOf(NAME)).toBe("www.example.com");
  });

  it("may end with a dot, which changes nothing", () => {
    expect<i32>(name(NAME, "a.b.")).toBe(5);
    expect<string>(textOf(NAME)).toBe("a.b");
  });

  it("is refused when it is empty, or a label is", () => {
    expect<i32>(name(NAME, "")).toBe(BAD_NAME);
    expect<i32>(name(NAME, ".")).toBe(BAD_NAME);
    expect<i32>(name(NAME, "a..b")).toBe(BAD_NAME);
    expect<i32>(name(NAME, ".a")).toBe(BAD_NAME);
  });

  it("has labels of 63 bytes and 255 bytes in all, and no more", () => {
    const label = "a".repeat(63);
    expect<i32>(name(NAME, label)).toBe(65);
    expect<i32>(name(NAME, `${label}a`)).toBe(BAD_NAME);
    const most = `${label}.${label}.${label}.${"b".repeat(61)}`;
    expect<i32>(name(NAME, most)).toBe(NAME_BYTES);
    expect<i32>(name(NAME, `${most}b`)).toBe(BAD_NAME);
  });

  it("is the same in any case, and nothing else is", () => {
    name(NAME, "example.com");
    name(OTHER, "example.com");
    mixCases(OTHER, 0xaaaaaaaaaaaaaaaa);
    expect<bool>(memory.compare(NAME, OTHER, 13) != 0).toBe(true);
    expect<bool>(sameName(NAME, OTHER)).toBe(true);
    lowerName(OTHER);
    expect<i32>(memory.compare(NAME, OTHER, 13)).toBe(0);
    name(OTHER, "example.org");
    expect<bool>(sameName(NAME, OTHER)).toBe(false);
    name(OTHER, "example.co");
    expect<bool>(sameName(NAME, OTHER)).toBe(false);
  });

  it("can be continued with another, unless that is too long", () => {
    name(NAME, "www");
    name(OTHER, "example.com");
    expect<i32>(appendName(NAME, OTHER)).toBe(17);
    expect<string>(textOf(NAME)).toBe("www.example.com");
    const label = "a".repeat(63);
    name(OTHER, `${label}.${label}.${label}.${"b".repeat(50)}`);
    expect<i32>(appendName(NAME, OTHER)).toBe(BAD_NAME);
  });
});

describe("a name in a message (RFC 1035 §4.1.4)", () => {
  it("goes on where it refers back to, and the place behind it is that behind the reference", () => {
    const bytes = message([1, 0x62, 0, 1, 0x61, 0xc0, 0, 9]);
    expect<i32>(readName(MESSAGE, bytes, 3, NAME)).toBe(7);
    expect<string>(textOf(NAME)).toBe("a.b");
  });

  it("is refused when it refers to itself, forward, or in a circle", () => {
    expect<i32>(readName(MESSAGE, message([0xc0, 0]), 0, NAME)).toBe(BAD_NAME);
    expect<i32>(readName(MESSAGE, message([0xc0, 2, 0]), 0, NAME)).toBe(BAD_NAME);
    expect<i32>(readName(MESSAGE, message([1, 0x61, 0xc0, 0]), 0, NAME)).toBe(BAD_NAME);
    expect<i32>(readName(MESSAGE, message([1, 0x61, 0xc0, 4, 1, 0x62, 0xc0, 0]), 4, NAME)).toBe(BAD_NAME);
  });

  it("is refused when it is cut off, or a label is of a kind that nobody knows", () => {
    expect<i32>(readName(MESSAGE, message([3, 0x61, 0x62]), 0, NAME)).toBe(BAD_NAME);
    expect<i32>(readName(MESSAGE, message([1, 0x61]), 0, NAME)).toBe(BAD_NAME);
    expect<i32>(readName(MESSAGE, message([0, 0xc0]), 1, NAME)).toBe(BAD_NAME);
    expect<i32>(readName(MESSAGE, message([0x40, 0x61, 0]), 0, NAME)).toBe(BAD_NAME);
    expect<i32>(readName(MESSAGE, message([0x80, 0]), 0, NAME)).toBe(BAD_NAME);
    expect<i32>(readName(MESSAGE, message([0]), 1, NAME)).toBe(BAD_NAME);
  });

  it("is refused when its parts together are longer than a name", () => {
    // Labels of 63 bytes, one after the other, and then references from one to the label before.
    memory.fill(MESSAGE, 0x61, 2048);
    for (let i: u32 = 0; i < 3; i++) store<u8>(MESSAGE + i * 64, 63);
    store<u8>(MESSAGE + 192, 62);
    store<u8>(MESSAGE + 255, 0);
    expect<i32>(readName(MESSAGE, 256, 0, NAME)).toBe(BAD_NAME);
    store<u8>(MESSAGE + 192, 61);
    store<u8>(MESSAGE + 254, 0);
    expect<i32>(readName(MESSAGE, 256, 0, NAME)).toBe(255);
    store<u8>(MESSAGE + 255, 1);
    store<u8>(MESSAGE + 257, 0xc0);
    store<u8>(MESSAGE + 258, 0);
    expect<i32>(readName(MESSAGE, 259, 255, NAME)).toBe(BAD_NAME);
  });

  it("of any bytes whatever ends, stays in its room, and is within the message", () => {
    startDraws(1);
    for (let round: u32 = 0; round < 20000; round++) {
      const bytes: u32 = 1 + draw(80);
      for (let i: u32 = 0; i < bytes; i++) {
        const kind = draw(4);
        store<u8>(MESSAGE + i, <u8>(kind == 0 ? 0xc0 : kind == 1 ? draw(bytes) : kind == 2 ? draw(6) : draw32()));
      }
      memory.fill(NAME, 0xee, 512);
      const at = draw(bytes);
      const behind = readName(MESSAGE, bytes, at, NAME);
      const isWithin =
        behind == BAD_NAME || (<u32>behind > at && <u32>behind <= bytes && nameBytes(NAME) <= NAME_BYTES);
      if (isWithin && load<u8>(NAME, NAME_BYTES) == 0xee) continue;
      expect<u32>(round).toBe(20000, "the first round that went beyond");
      return;
    }
  });
});
