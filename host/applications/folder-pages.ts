// The files of a folder as pages of the web server.

import { closeSync, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { join } from "node:path";
import { lookup } from "mrmime";
import type { WebPage } from "./web-server.ts";

/** Files are read in pieces of as many bytes: the web server asks for as many as fit one packet. */
const PIECE_BYTES = 65536;
const UNKNOWN_TYPE = "application/octet-stream";
/** What stands for a folder. */
const INDEX = "index.html";
/** The one folder with a dot that is for everybody (RFC 8615). */
const WELL_KNOWN = ".well-known";

/**
 * The page that a request's target means; null when the folder has no such file, or its name or that of a folder above it
 * begins with a dot. The file is open until the page is closed.
 */
export function pageInFolder(root: string, target: string): WebPage | null {
  const names = namesOf(target);
  if (names === null) return null;
  const path = join(root, ...names);
  return openPage(path) ?? openPage(join(path, INDEX));
}

// The path's parts as files are named; null for what no file of ours is called, however it is spelled.
function namesOf(target: string): string[] | null {
  let path: string;
  try {
    path = decodeURIComponent(target.split(/[?#]/)[0] ?? "");
  } catch {
    return null; // not UTF-8
  }
  const names = path.split("/").filter((name) => name !== "");
  const isRefused = (name: string): boolean => /[\\\0]/.test(name) || (name.startsWith(".") && name !== WELL_KNOWN);
  return names.some(isRefused) ? null : names;
}

function openPage(path: string): WebPage | null {
  const file = tryToOpen(path);
  if (file < 0) return null;
  const status = fstatSync(file);
  if (status.isFile()) return new FilePage(file, path, status);
  closeSync(file);
  return null;
}

function tryToOpen(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return -1;
    throw error; // it is there and cannot be read, which is the server's fault and not the browser's
  }
}

class FilePage implements WebPage {
  readonly size: number;
  readonly type: string;
  readonly tag: bigint;
  #file: number;
  #piece: Uint8Array = new Uint8Array(0);
  #pieceAt = 0;

  constructor(file: number, path: string, { size, mtimeMs }: Stats) {
    this.#file = file;
    this.size = size;
    const type = lookup(path) ?? UNKNOWN_TYPE;
    this.type = /^text\/|json$|javascript$/.test(type) ? `${type}; charset=utf-8` : type;
    this.tag = tagOf(size, mtimeMs);
  }

  read(target: Uint8Array, place: number): number {
    let from = place - this.#pieceAt;
    if (from < 0 || from >= this.#piece.length) {
      this.#piece = this.#readPiece(place);
      this.#pieceAt = place;
      from = 0;
    }
    const bytes = this.#piece.subarray(from, from + target.length);
    target.set(bytes);
    return bytes.length;
  }

  #readPiece(place: number): Uint8Array {
    const room = new Uint8Array(Math.min(PIECE_BYTES, this.size - place));
    return room.subarray(0, readSync(this.#file, room, 0, room.length, place));
  }

  close(): void {
    closeSync(this.#file);
  }
}

// Never 0, which is no validator.
function tagOf(size: number, mtimeMs: number): bigint {
  return BigInt.asUintN(64, (BigInt(size) << 44n) ^ BigInt(Math.round(mtimeMs * 1000))) || 1n;
}
