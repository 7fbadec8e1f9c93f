// Files of bytes that no compressor or lucky guess reproduces, and what identifies their content.

import { createCipheriv, createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

/** Pseudo-random bytes, the same ones for the same size. */
export function pseudoRandom(bytes: number): Buffer {
  return createCipheriv("aes-128-ctr", "thimble linux te", Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

/** Writes a file of them and returns their SHA-256. */
export function writeRandomFile(path: string, bytes: number): string {
  const content = pseudoRandom(bytes);
  writeFileSync(path, content);
  return sha256(content);
}

export function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

export function sha256OfFile(path: string): string {
  return sha256(readFileSync(path));
}
