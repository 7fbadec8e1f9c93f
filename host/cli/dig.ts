// `thimble dig`: asks a name server what it knows of a name, and prints what it says in the form of zone files.

import type { Command } from "commander";
import { formatAddress, parseAddress } from "../core/address.ts";
import { answersOf, type DnsRecord, RECORD_TYPES, type RecordTypeName } from "../node/dns-records.ts";
import type { LookupResult } from "../socket/lookups.ts";
import { UsageError } from "./errors.ts";
import { addressArgument, addStackOptions, examples, type StackOptions } from "./options.ts";
import { FAR_NAME, startStack } from "./run-stack.ts";

interface DigFlags extends StackOptions {
  reverse?: string;
  short?: boolean;
}

/** What the words of a command line ask for. */
interface Question {
  name: string;
  type: RecordTypeName;
  server: string | null;
}

/** The outcomes in the words of DNS (RFC 1035 §4.1.1). */
const STATUS: Readonly<Record<LookupResult["outcome"], string>> = {
  FOUND: "NOERROR",
  NO_DATA: "NOERROR, but no such records",
  NO_NAME: "NXDOMAIN: there is no such name",
  TIMED_OUT: "no server answered",
  FAILED: "SERVFAIL: the servers could not, or would not, answer",
  NO_SERVER: "no name server is known; name one, as in @10.0.0.1",
};

const HELP = `
TYPE is one of ${Object.keys(RECORD_TYPES).join(", ")}; without
one it is A. Without @SERVER whoever the stack knows of is asked: those of --name-server, and those
that a DHCP server or a router has named. On a simulated cable the machine at the other end is a
name server; it knows itself, as ${FAR_NAME}.`;

export function registerDig(program: Command): void {
  const command = program
    .command("dig")
    .summary("ask a name server about a name")
    .description(
      "Asks a name server about a name. Exit code 1 when there was no answer, or the answer is that there is none.",
    )
    .argument("[words...]", "NAME, and in any order TYPE and @SERVER")
    .option("-x, --reverse <address>", "ask for the names of an address")
    .option("--short", "print only what the records say");
  addStackOptions(command)
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        [`thimble dig ${FAR_NAME} --wire sim`, "who is it at the other end?"],
        [`thimble dig ${FAR_NAME} --wire sim --dhcp`, "the same, with an address from there"],
        ["thimble dig example.com MX @10.0.0.1 --tap tap0 --address 10.0.0.2/24", "ask a server behind a TAP"],
        ["thimble dig -x 10.0.0.1 --tap tap0 --dhcp", "what is that machine called?"],
      ]),
    )
    .action(run);
}

async function run(words: readonly string[], flags: DigFlags): Promise<void> {
  const question = questionOf(words, flags.reverse);
  const servers = question.server === null ? flags.nameServer : [question.server];
  const running = await startStack("dig", { ...flags, ...(servers && { nameServer: servers }) });
  try {
    const began = performance.now();
    const result = await running.stack.resolve(question.name, RECORD_TYPES[question.type]);
    const milliseconds = Math.round(performance.now() - began);
    const records = (result.message.length > 0 ? answersOf(result.message) : []).map(inSmallLetters);
    const known = running.stack.nameServers().map(({ address }) => address);
    const report = { ...question, status: result.outcome, records, servers: known, milliseconds };
    process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : asText(report, flags.short ?? false));
    if (result.outcome !== "FOUND") process.exitCode = 1;
  } finally {
    await running.close();
  }
}

// The letters of the question go out in one case or the other, and come back so; DNS does not tell them apart.
function inSmallLetters(record: DnsRecord): DnsRecord {
  return { ...record, name: record.name.toLowerCase() };
}

function questionOf(words: readonly string[], reversed: string | undefined): Question {
  const question: Question = { name: "", type: "A", server: null };
  for (const word of words) {
    const type = word.toUpperCase();
    if (word.startsWith("@")) question.server = addressArgument("@SERVER", word.slice(1));
    else if (isType(type)) question.type = type;
    else if (question.name === "") question.name = word;
    else throw new UsageError(`${word}: one name at a time; TYPE is one of ${Object.keys(RECORD_TYPES).join(", ")}.`);
  }
  if (reversed !== undefined) return { ...question, name: reverseName(addressArgument("-x", reversed)), type: "PTR" };
  if (question.name === "") throw new UsageError("Which name? As in thimble dig www.example.com, or -x 10.0.0.1.");
  return question;
}

function isType(text: string): text is RecordTypeName {
  return text in RECORD_TYPES;
}

/** The name that stands for an address (RFC 1035 §3.5, RFC 3596 §2.5). */
function reverseName(text: string): string {
  const bytes = parseAddress(text);
  if (!formatAddress(bytes).includes(":")) return `${[...bytes.subarray(12)].reverse().join(".")}.in-addr.arpa.`;
  const nibbles = [...bytes].flatMap((byte) => [byte >> 4, byte & 15]).map((nibble) => nibble.toString(16));
  return `${nibbles.reverse().join(".")}.ip6.arpa.`;
}

interface Report extends Question {
  status: LookupResult["outcome"];
  records: DnsRecord[];
  servers: string[];
  milliseconds: number;
}

function asText({ name, type, status, records, servers, milliseconds }: Report, isShort: boolean): string {
  if (isShort) return records.map((record) => `${valueText(record)}\n`).join("");
  const lines = records.map((record) => {
    const owner = record.name === "" ? "." : `${record.name}.`;
    return `${owner.padEnd(24)} ${String(record.ttl).padEnd(6)} IN  ${typeText(record.type).padEnd(5)} ${valueText(record)}`;
  });
  return [
    `;; ${name} ${type}: ${STATUS[status]}`,
    ...lines,
    `;; ${milliseconds} ms; name servers: ${servers.join(", ") || "none"}`,
    "",
  ].join("\n");
}

function typeText(type: number): string {
  return Object.entries(RECORD_TYPES).find(([, number]) => number === type)?.[0] ?? `TYPE${type}`;
}

// What a record says in one line: names with their dot at the end, texts in quotes, other fields one after the other.
function valueText({ type, value }: DnsRecord): string {
  if (type === RECORD_TYPES.TXT) return (value as string[]).map((text) => JSON.stringify(text)).join(" ");
  if (value instanceof Uint8Array) return `\\# ${value.length} ${Buffer.from(value).toString("hex")}`;
  if (typeof value === "object" && value !== null) return Object.values(value).join(" ");
  const isName = ([RECORD_TYPES.CNAME, RECORD_TYPES.NS, RECORD_TYPES.PTR] as number[]).includes(type);
  return isName ? `${value}.` : String(value);
}
