// `thimble replay`: runs a recording again, proves that it is the same, and stops wherever one wants to look.

import type { Command } from "commander";
import { InputError } from "../errors.ts";
import { socketsText } from "../inspect/netstat.ts";
import { parseCondition, TABLE_NAMES } from "../replay/find.ts";
import { type FollowStep, followByte } from "../replay/follow.ts";
import { type RecordedMachine, type RecordedRun, readRecordingFile } from "../replay/read-recording.ts";
import { Replay } from "../replay/replay.ts";
import { storyOf } from "../replay/story.ts";
import { createLineCode, LINE_CODES } from "../signal/line.ts";
import { socketStatuses } from "../status.ts";
import { Failure, sentenceOf, UsageError } from "./errors.ts";
import { examples, seconds, wholeNumber } from "./options.ts";

interface ReplayFlags {
  machine?: string;
  until?: number;
  find?: string;
  back?: number;
  story?: number;
  follow?: number;
  code: string;
  json?: boolean;
}

/** What became of one machine. */
interface Outcome {
  name: string;
  polls: number;
  /** Seconds since the recording's first poll. */
  seconds: number;
  checkpoints: number;
  hash: string;
  /** How the wasm trapped, as it had when it was recorded. */
  trap: string | null;
  /** Where it was not what was recorded; null: nowhere. */
  difference: string | null;
}

const HELP = `
A recording has everything that crossed the border of a stack: calls with their data, the time, what
the adapter's registers answered, frames that came in. So the stack runs again as it ran then, also
when that was on a real network, without one; at least twice in every second of it, the whole memory
is compared with what it was. The wasm is in the recording.

A poll is one run of the stack's machinery: after a call, for frames, for a timer. Times are seconds
since the first poll. With --until, --find or --back the replay stops there and shows the sockets of
one machine as they were; --story tells what happened last.

Conditions for --find:  TABLE FIELD OPERATOR VALUE [and FIELD OPERATOR VALUE]...
  tables      ${TABLE_NAMES.join(" ")}
  fields      as in --json of thimble netstat; of counter, the names that netstat -s --json has
  operators   == != < <= > >=`;

export function registerReplay(program: Command): void {
  program
    .command("replay")
    .summary("run a recording again, and stop where you want to look")
    .description("Runs what --record has recorded once more, and proves that it is the same.")
    .argument("<file>", "a recording, made with --record FILE or left by a test that failed")
    .option("--machine <name>", "the machine to look at, by name or number, where there are several")
    .option("--until <seconds>", "stop at this time", until)
    .option("--find <condition>", "stop where this becomes true; with --until, from that time on")
    .option("--back <polls>", "then go back so many polls", back)
    .option("--story <polls>", "tell what happened in that many polls before the stop", story)
    .option("--follow <byte>", "show a byte of the first TCP stream that the machine wrote on its way", follow)
    .option("--code <name>", `with --follow, the line code of the signal: ${LINE_CODES.join(", ")}`, "10base-t")
    .option("--json", "print data instead of text")
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble serve . --tap tap0 --address 10.0.0.2/24 --record run.thimble", "record first, until Ctrl-C"],
        ["thimble replay run.thimble", "run it again, and compare"],
        ["thimble replay run.thimble --until 2.5", "the sockets after two and a half seconds"],
        ["thimble replay run.thimble --find 'tcp state == CLOSE_WAIT'", "the first time that a peer had said good-bye"],
        ["thimble replay run.thimble --find 'counter TcpRetransSegs > 0' --story 3", "what led to that"],
        ["thimble replay run.thimble --back 1000", "a thousand polls before the end"],
        [
          "thimble replay run.thimble --follow 0",
          "the first byte that was written: socket, segment, frame, signal, ...",
        ],
      ]),
    )
    .action(run);
}

async function run(file: string, flags: ReplayFlags): Promise<void> {
  const recorded = readRecordingFile(file);
  if (flags.follow !== undefined) return showWay(recorded, flags.follow, flags);
  const looks = [flags.until, flags.find, flags.back, flags.story].some((flag) => flag !== undefined);
  if (looks) return lookInto(recorded, flags);
  const { machine } = flags;
  const chosen = machine === undefined ? recorded.machines : [chooseMachine(recorded, machine)];
  const start = startOf(recorded);
  const outcomes: Outcome[] = [];
  for (const each of chosen) outcomes.push(await replayAll(each, start));
  process.stdout.write(flags.json ? asJson({ ...recorded.about, machines: outcomes }) : allText(recorded, outcomes));
  const differing = outcomes.find(({ difference }) => difference !== null);
  if (differing) throw new Failure(`${differing.name} did not do what it did when it was recorded.`);
}

async function replayAll(machine: RecordedMachine, start: number): Promise<Outcome> {
  const replay = await openReplay(machine, false);
  let difference: string | null = null;
  try {
    replay.run();
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_REPLAY") throw error;
    difference = sentenceOf(error);
  }
  return { ...outcomeOf(replay, start), difference };
}

function outcomeOf(replay: Replay, start: number): Outcome {
  const { polls, now, checks, hash, trap, about } = replay;
  return {
    name: about.name,
    polls,
    seconds: Math.max(0, now - start) / 1e6,
    checkpoints: checks,
    hash,
    trap,
    difference: null,
  };
}

async function lookInto(recorded: RecordedRun, flags: ReplayFlags): Promise<void> {
  const machine = chooseMachine(recorded, flags.machine);
  const start = startOf(recorded);
  const condition = flags.find === undefined ? null : parseCondition(flags.find);
  const { until: end, back: polls = 0, story: told = 0 } = flags;
  const replay = await openReplay(machine, polls > 0 || told > 0);
  if (end !== undefined) replay.runUntil(start + end * 1e6);
  else if (condition === null) replay.run();
  if (condition !== null) {
    while (!condition(replay.core)) {
      if (!replay.step()) throw new Failure(`It never came to that in ${machine.about.name}: ${flags.find}`);
    }
  }
  if (polls > 0) replay.seek(replay.polls - polls);
  const events = told > 0 ? storyOf(replay, told, start) : [];
  const outcome = outcomeOf(replay, start);
  const sockets = socketStatuses(replay.core);
  if (flags.json) {
    process.stdout.write(asJson({ ...outcome, story: events, sockets }));
    return;
  }
  const lines = events.map((line) => `${line}\n`).join("");
  process.stdout.write(`${lines}${lines && "\n"}${placeText(outcome)}\n`);
  process.stdout.write(socketsText(sockets, { all: true, numeric: true, owner: true }));
}

async function showWay(recorded: RecordedRun, byte: number, flags: ReplayFlags): Promise<void> {
  const { name: code } = createLineCode(flags.code);
  const sender = chooseMachine(recorded, flags.machine);
  // Of several others, the byte comes up in the one that has it.
  const others = recorded.machines.filter((machine) => machine !== sender);
  let steps = followByte(await openReplay(sender, false), null, { byte, code });
  if (steps.length === 0)
    throw new Failure(`${sender.about.name} never wrote ${byte + 1} bytes to its first connection.`);
  for (const other of others) {
    const all = followByte(await openReplay(sender, false), await openReplay(other, false), { byte, code });
    if (all.length > steps.length) steps = all;
  }
  const start = startOf(recorded);
  const since = (time: number): number => Math.max(0, time - start) / 1e6;
  const rows = steps.map((step) => ({ ...step, time: since(step.time) }));
  rows.sort((a, b) => a.time - b.time); // stable: what happens at one moment stays in order
  if (flags.json) process.stdout.write(asJson(rows));
  else process.stdout.write(rows.map((row) => `${wayText(row)}\n`).join(""));
}

function wayText({ machine, where, time, text }: FollowStep): string {
  return `${time.toFixed(6).padStart(12)}  ${machine.padEnd(8)}  ${where.padEnd(11)}  ${text}`;
}

async function openReplay(machine: RecordedMachine, canGoBack: boolean): Promise<Replay> {
  if (machine.wasm === undefined) {
    const sentence = `The recording of ${machine.about.name} has no wasm in it: it ran a module that had no file.`;
    throw new InputError("ERR_RECORDING", sentence);
  }
  return Replay.open(machine, await WebAssembly.compile(machine.wasm as BufferSource), { canGoBack });
}

function chooseMachine({ machines }: RecordedRun, wanted: string | undefined): RecordedMachine {
  const found =
    wanted === undefined ? machines[0] : machines.find(({ about }, n) => [about.name, `${n}`].includes(wanted));
  if (found) return found;
  const names = machines.map(({ about }, n) => `${n} (${about.name})`).join(", ");
  throw new UsageError(`--machine ${wanted}: the recording has ${names}.`);
}

/** The time of the first poll of all. */
function startOf({ machines }: RecordedRun): number {
  return Math.min(...machines.map((machine) => Replay.firstPollOf(machine)));
}

function allText({ about, isWhole }: RecordedRun, outcomes: readonly Outcome[]): string {
  const head = `${about.what}, recorded ${about.began}\n`;
  const cut = isWhole ? "" : "The file ends in the middle: whoever wrote it was killed. What came before is there.\n";
  return `${head}${cut}${outcomes.map((outcome) => `${placeText(outcome)}\n`).join("")}`;
}

function placeText({ name, polls, seconds: time, checkpoints, hash, trap, difference }: Outcome): string {
  const place = `${name}: ${polls} polls, ${time.toFixed(6)} s`;
  if (difference !== null) return `${place}: ${difference}`;
  const trapped = trap === null ? "" : `, trapped as it had: ${trap}`;
  return `${place}, equal at ${checkpoints} checkpoint${checkpoints === 1 ? "" : "s"}, memory ${hash}${trapped}`;
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function until(text: string): number {
  return seconds("--until", text, 0, 1e9);
}

function back(text: string): number {
  return wholeNumber("--back", text, 0, 1e9, "say how many polls");
}

function follow(text: string): number {
  return wholeNumber("--follow", text, 0, 1e12, "say which byte, counted from 0");
}

function story(text: string): number {
  return wholeNumber("--story", text, 1, 1e6, "say how many polls, 1 or more");
}
