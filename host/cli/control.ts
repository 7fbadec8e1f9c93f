// The channel through which one `thimble` asks another: a running stack listens on a Unix socket in the user's runtime
// folder and answers lines of JSON, {"ask":"netstat"} with {"ok":...} or {"error":"sentence"}.

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
 * Listens for questions about a stack; `answers` has a function for each question. The socket goes away with `close`,
 * or when the process ends. Rejects with a Failure where the folder is somebody else's or the path is too long.
 */
export async function openControl(name: string, answers: Answers): Promise<Control> {
  const folder = runtimeFolder();
  claimFolder(folder);
  const path = join(folder, `${name}-${process.pid}${SUFFIX}`);
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    throw new Failure(`The path ${path} is too long for a Unix socket; set XDG_RUNTIME_DIR to a shorter folder.`);
  }
  // A process of this number that ended without tidying up.
  rmSync(path, { force: true });
  const server = createServer((socket) => serveQuestions(socket, answers));
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

/** Puts one question to a stack; resolves to its answer, rejects with a Failure. */
export function ask(path: string, question: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = "";
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new Failure(`The stack at ${path} ${reason}.`));
    };
    socket.setEncoding("utf8");
    socket.setTimeout(PATIENCE_MS, () => fail(`did not answer within ${PATIENCE_MS / 1000} seconds`));
    socket.on("connect", () => socket.write(`${JSON.stringify({ ask: question })}\n`));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      reject(Object.assign(new Failure(`The stack at ${path} cannot be asked: ${error.message}.`), { cause: error }));
    });
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (!text.includes("\n")) return;
      socket.destroy();
      settle(text, resolve, reject);
    });
    socket.on("end", () => fail("hung up without an answer"));
  });
}

function settle(text: string, resolve: (value: unknown) => void, reject: (error: Failure) => void): void {
  const answer = parseObject(text.slice(0, text.indexOf("\n")));
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

function serveQuestions(socket: Socket, answers: Answers): void {
  let text = "";
  socket.setEncoding("utf8");
  // Who asked and left is no trouble to the stack.
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      socket.write(`${JSON.stringify(answerTo(text.slice(0, end), answers))}\n`);
      text = text.slice(end + 1);
    }
    if (text.length > LONGEST_LINE) socket.destroy();
  });
}

function answerTo(line: string, answers: Answers): { ok: unknown } | { error: string } {
  const question = parseObject(line)?.ask;
  const known = Object.keys(answers).join(", ");
  if (typeof question !== "string") return { error: `A question is a line like {"ask":"netstat"}.` };
  const answer = Object.hasOwn(answers, question) ? answers[question] : undefined;
  if (!answer) return { error: `This stack cannot be asked for ${JSON.stringify(question)}, only for ${known}.` };
  try {
    return { ok: answer() };
  } catch (error) {
    return { error: sentenceOf(error) };
  }
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
