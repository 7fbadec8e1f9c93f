// The channel through which one `thimble` asks another: a running stack listens on a Unix socket in the user's runtime
// folder and answers lines of JSON, {"ask":"netstat"} with {"ok":...} or {"error":"sentence"}. Some questions are answered
// by a stream: behind the line {"ok":...} come its bytes, until one of both hangs up.

import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Failure, sentenceOf } from "./errors.ts";

/** What every stack can say of itself. */
export interface StackCard {
  /** Chosen with --name, or the command that runs. */
  name: string;
  pid: number;
  command: string;
  wire: string;
  addresses: string[];
  profile: string;
  /** When it was started (ISO 8601). */
  since: string;
}

/** A stack found in the runtime folder. */
export interface FoundStack {
  card: StackCard;
  path: string;
}

export type Answers = Record<string, () => unknown>;

/** A question with whatever belongs to it, as in {"ask":"capture","filter":"tcp"}. */
export type Question = Readonly<Record<string, unknown>> & { readonly ask: string };

/** Where the bytes of a stream go. */
export interface Asker {
  send(bytes: Uint8Array): void;
  /** Bytes that the asker has yet to take: who is slow must not fill the memory of the stack. */
  readonly waiting: number;
  hangUp(): void;
}

/** Begins a stream, or throws a sentence; returns what ends it. */
export type Streams = Record<string, (question: Question, asker: Asker) => () => void>;

export interface Control {
  readonly path: string;
  close(): Promise<void>;
}

const SUFFIX = ".sock";
const LONGEST_LINE = 4096;
const PATIENCE_MS = 2000;
// sun_path of Linux holds 108 bytes with its final zero; macOS's holds 104.
const LONGEST_PATH = 103;

/** The folder that holds the sockets of this user's stacks. */
export function runtimeFolder(): string {
  const { XDG_RUNTIME_DIR } = process.env;
  return XDG_RUNTIME_DIR ? join(XDG_RUNTIME_DIR, "thimble") : join(tmpdir(), `thimble-${userInfo().uid}`);
}

/**
 * Listens for questions about a stack; `answers` and `streams` have a function for each question. The socket goes away with
 * `close`, or when the process ends. Rejects with a Failure where the folder is somebody else's or the path is too long.
 */
export async function openControl(name: string, answers: Answers, streams: Streams = {}): Promise<Control> {
  const folder = runtimeFolder();
  claimFolder(folder);
  const path = join(folder, `${name}-${process.pid}${SUFFIX}`);
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    throw new Failure(`The path ${path} is too long for a Unix socket; set XDG_RUNTIME_DIR to a shorter folder.`);
  }
  // A process of this number that ended without tidying up.
  rmSync(path, { force: true });
  const askers = new Set<Socket>();
  const server = createServer((socket) => {
    askers.add(socket);
    socket.on("close", () => askers.delete(socket));
    serveQuestions(socket, answers, streams);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(new Failure(`${path} cannot be opened: ${error.message}`)));
    server.listen(path, resolve);
  });
  // The channel alone is no reason for a command to go on.
  server.unref();
  const tidy = (): void => rmSync(path, { force: true });
  process.once("exit", tidy);
  return {
    path,
    close: () =>
      new Promise((resolve) => {
        process.off("exit", tidy);
        server.close(() => resolve());
        for (const socket of askers) socket.end();
        tidy();
      }),
  };
}

/** All stacks of this user that answer, oldest first. Sockets that nobody listens on any more are removed. */
export async function findStacks(): Promise<FoundStack[]> {
  const folder = runtimeFolder();
  const names = folderEntries(folder).filter((name) => name.endsWith(SUFFIX));
  const found = await Promise.all(names.map((name) => meet(join(folder, name))));
  return found
    .filter((stack) => stack !== null)
    .sort((a, b) => a.card.since.localeCompare(b.card.since) || a.card.pid - b.card.pid);
}

/** Names of what looks like running stacks, without asking whether they are there. */
export function stackNames(): { name: string; pid: number }[] {
  return folderEntries(runtimeFolder()).flatMap((entry) => {
    const [, name, pid] = /^(.+)-(\d+)\.sock$/.exec(entry) ?? [];
    return name === undefined ? [] : [{ name, pid: Number(pid) }];
  });
}

/** Puts one question to a stack; resolves to its answer, rejects with a Failure. */
export async function ask(path: string, question: string): Promise<unknown> {
  const { socket, ok } = await open(path, { ask: question });
  socket.destroy();
  return ok;
}

/** Asks for a stream; resolves to its bytes, which end when the stack does. Rejects with a Failure. */
export async function askForStream(path: string, question: Question): Promise<Socket> {
  const { socket } = await open(path, question);
  socket.setTimeout(0);
  return socket;
}

/** A connection on which the question was answered; bytes behind the answer wait in it. */
function open(path: string, question: Question): Promise<{ socket: Socket; ok: unknown }> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let got = Buffer.alloc(0);
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new Failure(`The stack at ${path} ${reason}.`));
    };
    const onTimeout = (): void => fail(`did not answer within ${PATIENCE_MS / 1000} seconds`);
    const onEnd = (): void => fail("hung up without an answer");
    const onError = (error: NodeJS.ErrnoException): void => {
      reject(Object.assign(new Failure(`The stack at ${path} cannot be asked: ${error.message}.`), { cause: error }));
    };
    const onData = (chunk: Buffer): void => {
      got = Buffer.concat([got, chunk]);
      const end = got.indexOf("\n");
      if (end < 0) return;
      socket.pause();
      socket.off("data", onData).off("end", onEnd).off("error", onError).off("timeout", onTimeout);
      // Whoever goes on reading hears of errors; whoever does not has no use for them.
      socket.on("error", () => socket.destroy());
      if (got.length > end + 1) socket.unshift(got.subarray(end + 1));
      settle(got.toString("utf8", 0, end), (ok) => resolve({ socket, ok }), reject);
    };
    socket.setTimeout(PATIENCE_MS);
    socket.on("timeout", onTimeout).on("end", onEnd).on("error", onError).on("data", onData);
    socket.on("connect", () => socket.write(`${JSON.stringify(question)}\n`));
  });
}

function settle(text: string, resolve: (value: unknown) => void, reject: (error: Failure) => void): void {
  const answer = parseObject(text);
  if (answer && "ok" in answer) resolve(answer.ok);
  else reject(new Failure(typeof answer?.error === "string" ? answer.error : "The stack's answer is not to be read."));
}

async function meet(path: string): Promise<FoundStack | null> {
  try {
    return { card: (await ask(path, "who")) as StackCard, path };
  } catch (error) {
    const code = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code;
    if (code === "ECONNREFUSED") rmSync(path, { force: true });
    return null;
  }
}

function serveQuestions(socket: Socket, answers: Answers, streams: Streams): void {
  let text = "";
  socket.setEncoding("utf8");
  // Who asked and left is no trouble to the stack.
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      serveQuestion(socket, text.slice(0, end), answers, streams);
      text = text.slice(end + 1);
    }
    if (text.length > LONGEST_LINE) socket.destroy();
  });
}

function serveQuestion(socket: Socket, line: string, answers: Answers, streams: Streams): void {
  const tell = (answer: { ok: unknown } | { error: string }): void => {
    socket.write(`${JSON.stringify(answer)}\n`);
  };
  const question = parseObject(line);
  if (typeof question?.ask !== "string") {
    tell({ error: `A question is a line like {"ask":"netstat"}.` });
    return;
  }
  const { ask: name } = question;
  try {
    const answer = Object.hasOwn(answers, name) ? answers[name] : undefined;
    const stream = Object.hasOwn(streams, name) ? streams[name] : undefined;
    if (answer) tell({ ok: answer() });
    else if (stream) beginStream(socket, question as Question, stream, () => tell({ ok: name }));
    else {
      const known = [...Object.keys(answers), ...Object.keys(streams)].join(", ");
      tell({ error: `This stack cannot be asked for ${JSON.stringify(name)}, only for ${known}.` });
    }
  } catch (error) {
    tell({ error: sentenceOf(error) });
  }
}

// The line that says yes must go first, and not when the stream cannot begin: what it sends meanwhile waits.
function beginStream(socket: Socket, question: Question, stream: Streams[string], agree: () => void): void {
  let early: Uint8Array[] | null = [];
  const stop = stream(question, {
    send: (bytes) => {
      // The bytes are valid during the call only.
      const kept = Uint8Array.from(bytes);
      if (early) early.push(kept);
      else socket.write(kept);
    },
    get waiting() {
      return socket.writableLength;
    },
    hangUp: () => socket.end(),
  });
  agree();
  for (const bytes of early) socket.write(bytes);
  early = null;
  socket.on("close", stop);
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function claimFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    checkOwner(folder);
    if ((lstatSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`The folder for running stacks cannot be made: ${sentenceOf(error)}.`);
  }
}

function folderEntries(folder: string): string[] {
  try {
    checkOwner(folder);
    return readdirSync(folder);
  } catch (error) {
    // No folder: no stack was ever started.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    if (error instanceof Failure) throw error;
    throw new Failure(`${folder} cannot be read: ${sentenceOf(error)}.`);
  }
}

// Under /tmp anybody may have made the folder first; one that is not ours must not be used, nor believed.
function checkOwner(folder: string): void {
  const status = lstatSync(folder);
  const { uid } = userInfo();
  if (status.isDirectory() && (uid < 0 || status.uid === uid)) return;
  throw new Failure(`${folder} is no folder of yours; set XDG_RUNTIME_DIR to one that is.`);
}
