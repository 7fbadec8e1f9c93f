// What the second version of IP costs a profile: the profile is compiled once more, with it or without.

import { compileVariant } from "./variants.mjs";

/** What a profile needs beside IPv6 to be able to speak it, as small as can be: an own address for the link, one from a
 * router and one of IPv4, the groups that they are looked for through, a router, and the way to it. */
const LEAST = { CLAIMS: 1, ADDRESSES: 3, GROUPS: 4, MEMBERSHIPS: 1, ROUTES: 4, NEIGHBORS: 4 };
/** The section of wasm-code.ts, which variants have not. */
const LAYERS = "layers";
/** Linear memory for the variants of profiles that live in less than a page. */
const PAGE = 65536;

/**
 * Bytes of wasm and of linear memory that IPv6 costs a profile, whose constants and wasm are given. Of a profile that has it:
 * what would be less without. Of one that has not: what would be more with it (`own`), once claimed addresses and groups
 * are there, which IPv4 has then, too (`needs`). `whole` is the profile with IPv6.
 */
export async function ipv6Cost(name, profile, wasm) {
  const shipped = await bytesOf(wasm);
  if (profile.IPV6) {
    const without = await bytesOf(
      await compileVariant(name, { IPV6: 0, ...(profile.LOOKUPS ? {} : { NAME_SERVERS: 0 }) }),
    );
    return { name, own: difference(shipped, without), needs: { wasm: 0, memory: 0 }, whole: shipped };
  }
  const needed = Object.fromEntries(Object.entries(LEAST).map(([key, least]) => [key, Math.max(profile[key], least)]));
  const room = { LINEAR_BYTES: Math.max(profile.LINEAR_BYTES, PAGE) };
  const prepared = await bytesOf(await compileVariant(name, { ...needed, ...room }));
  const whole = await bytesOf(await compileVariant(name, { ...needed, ...room, IPV6: 1 }));
  return { name, own: difference(whole, prepared), needs: difference(prepared, shipped), whole };
}

/** The cost as a sentence. */
export function ipv6CostText({ name, own, needs, whole }) {
  const bytes = (count) => `${count.toLocaleString("en-US")} bytes`;
  const cost = ({ wasm, memory }) => `${bytes(wasm)} of wasm and ${bytes(memory)} of memory`;
  if (needs.wasm === 0) return `IPv6 costs profile ${name} ${cost(own)}.\n`;
  const more = `groups and claimed addresses, that it needs, ${cost(needs)}`;
  return `IPv6 would cost profile ${name} ${cost(own)}; ${more}: ${cost(whole)} in all.\n`;
}

/** Of two measures, what the first has more. */
export function difference(one, other) {
  return { wasm: one.wasm - other.wasm, memory: one.memory - other.memory };
}

/** Bytes of a wasm file, without what it tells of its layers, and of the linear memory that it uses. */
export async function bytesOf(wasm) {
  const { instance, module } = await WebAssembly.instantiate(wasm, { bus: { read32: () => 0, write32: () => {} } });
  const told = WebAssembly.Module.customSections(module, LAYERS).map(({ byteLength }) => sectionBytes(byteLength));
  return { wasm: told.reduce((left, bytes) => left - bytes, wasm.length), memory: instance.exports.__heap_base.value };
}

/** A custom section has its number, its length in seven bits a byte, and its name behind the name's length. */
function sectionBytes(content) {
  const body = 1 + LAYERS.length + content;
  return 1 + Math.ceil(Math.log2(body + 1) / 7) + body;
}
