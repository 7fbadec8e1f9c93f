// The ladder as a picture holds what the ladder as text does.

import assert from "node:assert/strict";
import test from "node:test";
import { drawLadder, type LadderEvent } from "../../host/inspect/ladder.ts";
import { ladderSvg } from "../../host/inspect/ladder-svg.ts";

const MACHINES = [
  { name: "left", address: "10.0.0.1", state: "CLOSED" },
  { name: "right <&>", address: "10.0.0.2", state: "LISTEN" },
] as const;

const ARP_REQUEST = Uint8Array.from(
  Buffer.from("ffffffffffff0200000000010806000108000604000102000000000a0a000001000000000000", "hex").subarray(0, 38),
);
const EVENTS: LadderEvent[] = [
  { time: 0, remark: "it begins" },
  { time: 1000, from: "left", to: "right <&>", frame: ARP_REQUEST, arrivals: [] },
];

function words(text: string): string[] {
  return text
    .replace(/[│─┄▶◀✗]/g, " ")
    .split(/\s+/)
    .filter((word) => word !== "")
    .sort();
}

test("every word of the text stands in the picture, and nothing else", () => {
  const svg = ladderSvg(MACHINES, EVENTS);
  const texts = [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text = ""]) => text);
  const decoded = texts.join(" ").replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
  assert.deepEqual(words(decoded), words(drawLadder(MACHINES, EVENTS)));
});

test("names with special characters leave the picture well-formed", () => {
  const svg = ladderSvg(MACHINES, EVENTS);
  assert.equal((svg.match(/</g) ?? []).length, (svg.match(/>/g) ?? []).length);
  assert.doesNotMatch(svg, /right <&>/);
});
