// What is written to a stream, and what is read from the stack, as bytes.

/** Bytes of an ArrayBuffer or of a view of one. Throws TypeError for anything else, as the standard has it. */
export function bytesOf(chunk: BufferSource): Uint8Array {
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError("What is written is an ArrayBuffer or a view of one; text goes through a TextEncoderStream.");
}

/** A copy in memory of its own: a byte stream takes the whole ArrayBuffer away, and the stack's pieces share theirs. */
export function ownBytes(data: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data);
}
