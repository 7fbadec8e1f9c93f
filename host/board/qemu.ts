// A board in QEMU: its console, and its network as a wire of ours over a Unix socket.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { InputError } from "../errors.ts";
import type { BoardFirmware } from "./build.ts";

const QEMU = "qemu-system-arm";

export interface QemuOptions {
  /** Path of the Unix socket of the wire. */
  socket: string;
  /** True: QEMU makes the socket, and `openStream` joins it; otherwise `openStream` has made it. */
  makesSocket?: boolean;
  /** True: the console is this program's own terminal. */
  terminal?: boolean;
  /**
   * Time is counted in instructions, so that what a program does does not depend on the computer: one each nanosecond, or in
   * 2 to the power of this many.
   */
  shift?: number;
  /** More words for QEMU's command line. */
  words?: readonly string[];
}

/** A board that runs. */
export interface RunningBoard {
  readonly process: ChildProcess;
  /** Everything that the console has said. Empty when the console is the terminal. */
  console(): string;
  /** Types on the console. */
  type(text: string): void;
  /** Resolves with what the console says from `from` on (a length of `console()`) up to what matches. */
  waitFor(pattern: RegExp, from?: number): Promise<RegExpExecArray>;
  stop(): Promise<void>;
}

/** Starts a board's firmware. Rejects with InputError when QEMU is not there or does not know the board. */
export async function startQemu(
  { name, board, elf }: Pick<BoardFirmware, "name" | "board" | "elf">,
  options: QemuOptions,
): Promise<RunningBoard> {
  if (board.qemu === undefined) throw new InputError("ERR_BOARD", `QEMU has no board ${name}: flash it on a real one.`);
  const machine = ["-machine", board.qemu, "-kernel", elf, "-nographic", "-monitor", "none"];
  const console = ["-chardev", "stdio,id=console,signal=on", "-serial", "chardev:console"];
  const network = ["-net", "nic,netdev=wire", "-netdev"];
  const server = options.makesSocket ? "on" : "off";
  network.push(`stream,id=wire,server=${server},addr.type=unix,addr.path=${options.socket}`);
  const terminal = options.terminal === true;
  const counted = ["-icount", `shift=${options.shift ?? 0}`, ...(options.words ?? [])];
  const child = spawn(QEMU, [...machine, ...console, ...network, ...counted], { stdio: terminal ? "inherit" : "pipe" });
  await started(child);
  return new Qemu(child);
}

async function started(child: ChildProcess): Promise<void> {
  try {
    await once(child, "spawn");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new InputError("ERR_TOOL", `${QEMU} is not there; on Debian: apt-get install qemu-system-arm`);
  }
}

class Qemu implements RunningBoard {
  readonly process: ChildProcess;
  #text = "";
  #watchers = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.process = child;
    const hear = (chunk: Buffer): void => {
      this.#text += chunk.toString();
      for (const watcher of this.#watchers) watcher();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.on("exit", () => {
      for (const watcher of this.#watchers) watcher();
    });
  }

  console(): string {
    return this.#text;
  }

  type(text: string): void {
    this.process.stdin?.write(text);
  }

  waitFor(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.#text.slice(from));
        if (match !== null) resolve(match);
        else if (this.process.exitCode === null && this.process.signalCode === null) return;
        else reject(new Error(`QEMU has ended; its console said:\n${this.#text}`));
        this.#watchers.delete(look);
      };
      this.#watchers.add(look);
      look();
    });
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill();
    await ended;
  }
}
