// Taking a recording's file apart into its machines.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import { InputError } from "../errors.ts";
import { Block, HEAD_BYTES, MARK_BYTES, type MachineAbout, type RecordingAbout, VERSION, versionOf } from "./format.ts";

/** One machine of a recording. */
export interface RecordedMachine {
  about: MachineAbout;
  /** Its operations, in pieces that none of them crosses. */
  tape: Uint8Array[];
  /** The module that ran; undefined where the program that recorded it did not have the file. */
  wasm: Uint8Array | undefined;
}

export interface RecordedRun {
  about: RecordingAbout;
  machines: RecordedMachine[];
  /** False: the file ends in the middle of a block, with what came before it good. */
  isWhole: boolean;
}

/** Reads a file. Throws InputError ERR_RECORDING, or with the system's code. */
export function readRecordingFile(path: string): RecordedRun {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code = "EIO" } = error as NodeJS.ErrnoException;
    throw new InputError(code, `The recording ${path} cannot be read (${code}).`);
  }
  return readRecording(bytes, path);
}

/** Takes bytes apart; views of them are kept. Throws InputError ERR_RECORDING; `name` is for its sentence. */
export function readRecording(bytes: Uint8Array, name = "This"): RecordedRun {
  const version = versionOf(bytes);
  if (version === null) throw refusal(`${name} is no recording of a stack; --record FILE makes one.`);
  if (version !== VERSION) {
    throw refusal(`${name} is a recording of format ${version}; this version of thimble reads format ${VERSION}.`);
  }
  const modules = new Map<string, Uint8Array>();
  const run: RecordedRun = { about: { began: "", what: "" }, machines: [], isWhole: true };
  for (const { block, machine, payload } of blocksOf(bytes, run)) {
    if (block === Block.ABOUT) run.about = json(payload, name);
    if (block === Block.WASM) keepModule(modules, payload, name);
    if (block === Block.MACHINE) {
      const about: MachineAbout = json(payload, name);
      run.machines[machine] = { about, tape: [], wasm: about.wasm === null ? undefined : modules.get(about.wasm) };
    }
    if (block === Block.TAPE) run.machines[machine]?.tape.push(payload);
  }
  if (run.machines.length === 0) throw refusal(`${name} has no machine in it: it ends before the first one starts.`);
  return run;
}

interface FileBlock {
  block: number;
  machine: number;
  payload: Uint8Array;
}

function* blocksOf(bytes: Uint8Array, run: RecordedRun): Generator<FileBlock> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = MARK_BYTES;
  while (at + HEAD_BYTES <= bytes.length) {
    const end = at + HEAD_BYTES + view.getUint32(at + 4, true);
    if (end > bytes.length) break;
    const payload = bytes.subarray(at + HEAD_BYTES, end);
    yield { block: view.getUint8(at), machine: view.getUint16(at + 2, true), payload };
    at = end;
  }
  run.isWhole = at === bytes.length;
}

function keepModule(modules: Map<string, Uint8Array>, deflated: Uint8Array, name: string): void {
  try {
    const wasm = inflateRawSync(deflated);
    modules.set(createHash("sha256").update(wasm).digest("hex"), wasm);
  } catch {
    throw refusal(`${name} is damaged: the wasm in it cannot be unpacked.`);
  }
}

function json<T>(payload: Uint8Array, name: string): T {
  try {
    return JSON.parse(Buffer.from(payload).toString()) as T;
  } catch {
    throw refusal(`${name} is damaged: what it says of itself cannot be read.`);
  }
}

function refusal(sentence: string): InputError {
  return new InputError("ERR_RECORDING", sentence);
}
