// Waiting until a stack has the addresses that it is to have: others are asked whether they have them (RFC 4862 §5.4, RFC
// 5227), and routers which there are.

import type { NewsReport, Stack } from "../stack.ts";
import type { AddressStatus } from "../tables.ts";
import { Failure } from "./errors.ts";

export interface Expectation {
  /** Addresses that were given to the stack. */
  given: readonly string[];
  /** It gets addresses by itself, too, or nothing can be done without the one for its link. */
  waitsForOthers: boolean;
  /** Routers are to give it addresses. */
  asksRouters: boolean;
  /** A DHCP server is to lend it one. */
  asksDhcp?: boolean;
  /** What it is plugged into, for sentences. */
  wireName: string;
}

/** Milliseconds that pass without a word. */
const SILENT_MS = 1000;
/** Three solicitations four seconds apart (RFC 4861 §10), the first within a second, and the claim of what comes of them. */
const ROUTER_PATIENCE_MS = 14_000;

/**
 * Resolves when the stack's addresses are usable, or nothing more is to be waited for; a wait of more than a second is
 * explained on stderr. Rejects with a Failure when it has no address that it could use. Goes on telling of conflicts.
 */
export async function settle(stack: Stack, expectation: Expectation): Promise<void> {
  const deadline = performance.now() + ROUTER_PATIENCE_MS;
  const patience = setTimeout(() => say(waitText(stack, expectation)), SILENT_MS);
  try {
    while (!isSettled(stack, expectation, performance.now() < deadline)) await newsOf(stack, deadline);
  } finally {
    clearTimeout(patience);
  }
  tellDuplicates(stack, expectation);
  stack.onNews((news) => tellConflict(stack, news, expectation));
}

function isSettled(stack: Stack, expectation: Expectation, mayRoutersAnswer: boolean): boolean {
  const rows = stack.addresses();
  const { given, waitsForOthers, asksRouters, asksDhcp = false } = expectation;
  if (asksDhcp && mayRoutersAnswer && !rows.some(({ origin }) => origin === "LEASE")) return false;
  if (rows.some(({ address, state }) => state === "TENTATIVE" && (waitsForOthers || given.includes(address)))) {
    return false;
  }
  return (
    !asksRouters ||
    !mayRoutersAnswer ||
    rows.some(isFromRouter) ||
    stack.routes().some(({ origin }) => origin === "ROUTER")
  );
}

function isFromRouter({ origin }: AddressStatus): boolean {
  return origin === "STABLE" || origin === "TEMPORARY";
}

// Claims need no deadline; they end by themselves.
function newsOf(stack: Stack, deadline: number): Promise<void> {
  return new Promise((resolve) => {
    const left = deadline - performance.now();
    const timer = setTimeout(resolve, left > 0 ? left : SILENT_MS);
    stack.onNews(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function waitText(stack: Stack, { asksRouters, asksDhcp, wireName }: Expectation): string {
  const asked = stack
    .addresses()
    .filter(({ state }) => state === "TENTATIVE")
    .map(({ address }) => address);
  if (asked.length > 0) return `Asking on ${wireName} whether anybody else has ${asked.join(" or ")} ...`;
  if (asksDhcp) return `Asking for a DHCP server on ${wireName} ...`;
  return asksRouters ? `Asking for a router on ${wireName} ...` : `Waiting for an address on ${wireName} ...`;
}

function tellDuplicates(stack: Stack, { wireName, asksRouters, asksDhcp, given }: Expectation): void {
  const rows = stack.addresses();
  const taken = rows.filter(({ state }) => state === "DUPLICATE").map(({ address }) => address);
  const isUsable = ({ state }: AddressStatus): boolean => state === "PREFERRED" || state === "DEPRECATED";
  const usable = rows.filter(isUsable);
  const wanted = given.length > 0 ? usable.filter(({ address }) => given.includes(address)) : usable;
  if (taken.length > 0) {
    const sentence = `Another machine on ${wireName} has ${taken.join(" and ")} already`;
    if (wanted.length === 0) throw new Failure(`${sentence}; give the stack an address that is free.`);
    say(`${sentence}; the stack does without.`);
  }
  if (usable.length === 0) throw new Failure(`The stack has got no address on ${wireName}.`);
  if (asksDhcp && !rows.some(({ origin }) => origin === "LEASE")) {
    say(
      `No DHCP server on ${wireName} lends addresses; the stack has ${usable.map(({ address }) => address).join(" and ")}.`,
    );
  }
  if (asksRouters && !rows.some(isFromRouter)) {
    say(
      `No router on ${wireName} gives addresses; the stack has ${usable.map(({ address }) => address).join(" and ")}.`,
    );
  }
}

function tellConflict(stack: Stack, { conflict }: NewsReport, { wireName }: Expectation): void {
  if (!conflict) return;
  const lost = stack
    .addresses()
    .filter(({ state }) => state === "DUPLICATE")
    .map(({ address }) => address);
  const what =
    lost.length > 0
      ? `has taken ${lost.join(" and ")}, which the stack uses no more`
      : "claims an address of the stack's";
  say(`Another machine on ${wireName} ${what}.`);
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
