// What happened in a scenario, as lines of text that are the same over any network.
//
// The one normalisation, applied alike to both sides of a comparison:
// 1. Addresses become <v4> and <v6>, mapped ones ::ffff:<v4>; ports become <port>. 0, :: and 0.0.0.0 stay.
// 2. Pieces of data that follow each other at one end are one piece: their lengths are added.
// 3. Each actor (the server, either end of a connection) has a list of its own: what happens first at two ends is a
//    matter of chance. The order at one end is compared.
// 4. Error numbers are left out where the system's are not Linux's.

import { inspect } from "node:util";

const V4 = /(?<![\d.])(?:127\.0\.0\.1|10\.0\.0\.[12])(?![\d.])/g;
const V6 = /(?<![\da-f:])(?:fd00::[12]|::1)(?![\da-f])/gi;
const PORT_BEHIND = /(<v[46]>|::|0\.0\.0\.0|[a-z]\.test):[1-9]\d*/g;
const PORT_AFTER = /(<v[46]>) [1-9]\d{3,4}(?!\d)/g;
const PORT_KEYS = new Set(["port", "localPort", "remotePort"]);
const ERROR_KEYS = ["code", "errno", "syscall", "address", "port", "localAddress", "localPort", "hostname"];

export class Trace {
  #actors = new Map<string, string[]>();
  #closed = false;

  /** Notes that something has happened to `actor`. */
  note(actor: string, ...words: unknown[]): void {
    if (this.#closed) return;
    const lines = this.#actors.get(actor) ?? [];
    this.#actors.set(actor, lines);
    const text = words.map((word) => (typeof word === "string" ? plain(word) : shown(word))).join(" ");
    lines.push(text.replace(PORT_AFTER, "$1 <port>"));
  }

  /** So many bytes have come to `actor`. */
  data(actor: string, bytes: number): void {
    const lines = this.#actors.get(actor);
    const last = /^data (\d+)$/.exec(lines?.[lines.length - 1] ?? "");
    if (lines && last && !this.#closed) lines[lines.length - 1] = `data ${Number(last[1]) + bytes}`;
    else this.note(actor, `data ${bytes}`);
  }

  /** Whether something like this was noted. */
  has(actor: string, pattern: RegExp): boolean {
    return this.#actors.get(actor)?.some((line) => pattern.test(line)) ?? false;
  }

  /** Nothing is noted any more. */
  close(): Record<string, string[]> {
    this.#closed = true;
    return Object.fromEntries([...this.#actors].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function plain(text: string): string {
  return text.replace(V4, "<v4>").replace(V6, "<v6>").replace(PORT_BEHIND, "$1:<port>");
}

function shown(value: unknown, key = ""): string {
  if (value instanceof Error) return shownError(value);
  if (PORT_KEYS.has(key) && typeof value === "number" && value > 0) return "<port>";
  if (typeof value === "string") return JSON.stringify(plain(value));
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString());
  if (Array.isArray(value)) return `[${value.map((item) => shown(item)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const parts = Object.entries(value).map(([name, part]) => `${name}: ${shown(part, name)}`);
    return `{ ${parts.join(", ")} }`;
  }
  return inspect(value);
}

function shownError(error: Error): string {
  const fields = error as unknown as Record<string, unknown>;
  const keys = ERROR_KEYS.filter((key) => key in fields && (key !== "errno" || process.platform === "linux"));
  const parts = keys.map((key) => `${key}: ${shown(fields[key], key)}`);
  const inner = error instanceof AggregateError ? [`errors: ${shown(error.errors)}`] : [];
  return `${error.name}(${[JSON.stringify(plain(error.message)), ...parts, ...inner].join(", ")})`;
}
