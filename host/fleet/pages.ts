// What devices do: fetch from the server over HTTP/1.0, and again after a pause when that fails, as real ones do.

import type { Stack } from "../stack.ts";
import { type Device, type Fleet, SERVER_ADDRESS } from "./fleet.ts";

const PORT = 80;
const BACKLOG = 1024;
const REQUEST = new TextEncoder().encode(`GET / HTTP/1.0\r\nHost: ${SERVER_ADDRESS}\r\n\r\n`);
/** Attempts, and microseconds of the first pause between two; it doubles, and is drawn from half of it to all. */
const ATTEMPTS = 8;
const FIRST_PAUSE = 500_000;

/** Lets the server answer every request with so many bytes, for as long as the fleet runs. */
export async function servePage(server: Stack, bytes: number): Promise<void> {
  const head = new TextEncoder().encode(`HTTP/1.0 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`);
  const answer = new Uint8Array(head.length + bytes);
  answer.set(head);
  for (let i = 0; i < bytes; i++) answer[head.length + i] = i & 0xff;
  const listener = await server.listen({ port: PORT, backlog: BACKLOG, noDelay: true });
  const serve = async (): Promise<void> => {
    for (;;) {
      const connection = await listener.accept();
      answerOne(connection).catch(() => connection.close());
    }
  };
  const answerOne = async (connection: Awaited<ReturnType<typeof listener.accept>>): Promise<void> => {
    await connection.read();
    await connection.write(answer);
    await connection.end();
    await connection.read();
    await connection.close();
  };
  // The loop ends with the server.
  serve().catch(() => {});
}

/** Fetches `bytes` once. Rejects with the stack's error, or when what came is not what the server has. */
async function fetchOnce(stack: Stack, bytes: number): Promise<void> {
  const connection = await stack.connect({ address: SERVER_ADDRESS, port: PORT });
  try {
    await connection.write(REQUEST);
    let received = 0;
    let headBytes = -1;
    for await (const piece of connection) {
      if (headBytes < 0) headBytes = lengthOfHead(piece);
      for (let i = Math.max(headBytes - received, 0); i < piece.length; i++) {
        if (piece[i] !== ((received + i - headBytes) & 0xff))
          throw new Error(`byte ${received + i} of the page is wrong`);
      }
      received += piece.length;
    }
    if (received - headBytes !== bytes) throw new Error(`${received - headBytes} of ${bytes} bytes came`);
  } finally {
    await connection.close();
  }
}

/** Bytes up to and with the empty line; the server sends the whole head in its first segment. */
function lengthOfHead(piece: Uint8Array): number {
  for (let i = 3; i < piece.length; i++) {
    if (piece[i] === 10 && piece[i - 1] === 13 && piece[i - 2] === 10 && piece[i - 3] === 13) return i + 1;
  }
  throw new Error("the answer has no head");
}

/** Boots a device and fetches, until it succeeds, the device loses its power, or the attempts are used up. */
export async function bootAndFetch(device: Device, bytes: number): Promise<void> {
  const stack = await device.boot();
  await fetchPersistently(device, stack, bytes);
}

/** The same for a device that runs. */
export async function fetchPersistently(device: Device, stack: Stack, bytes: number): Promise<void> {
  const { fleet } = device;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      await fetchOnce(stack, bytes);
      device.doneAt = fleet.clock.now();
      return;
    } catch (error) {
      if (device.stack !== stack) return; // its power is gone
      device.failures++;
      device.lastError = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      await fleet.sleep(pauseAfter(fleet, attempt));
      if (device.stack !== stack) return;
    }
  }
}

function pauseAfter({ random }: Fleet, attempt: number): number {
  return FIRST_PAUSE * 2 ** attempt * (0.5 + random.unit() / 2);
}
