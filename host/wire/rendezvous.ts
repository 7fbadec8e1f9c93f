// How two or more processes meet at a Unix socket, or at a TCP port (HOST:PORT): whoever comes first makes it, the others join.

import { rmSync, statSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { InputError } from "../errors.ts";

/** What was found at a path: a peer who has made the socket, or nobody, so that others may come to us. */
export type Meeting = { socket: Socket; server: null } | { socket: null; server: Server };

/** Tries in case others come and go at the very same time. */
const TRIES = 5;

/** A place on the network instead of a path; an IPv6 address in brackets. */
const HOST_AND_PORT = /^(?:\[([^\]/]+)\]|([^/:]+)):(\d{1,5})$/;

/** Joins the socket at `path`, or makes it. Rejects with InputError and the system's code when neither can be done. */
export async function meet(path: string): Promise<Meeting> {
  let last: unknown;
  for (let tries = 0; tries < TRIES; tries++) {
    const found = inodeOf(path);
    try {
      return { socket: await join(path), server: null };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ECONNREFUSED") throw refusal(path, error);
    }
    // A socket that nobody answers at is what a program left that has ended; unless another is there by now.
    if (found !== null && inodeOf(path) === found) rmSync(path, { force: true });
    try {
      return { socket: null, server: await serve(path) };
    } catch (error) {
      last = error;
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") break;
    }
  }
  throw refusal(path, last);
}

function inodeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

function placeOf(path: string): { path: string } | { host: string; port: number } {
  const [, bracketed, plain, port] = HOST_AND_PORT.exec(path) ?? [];
  return port === undefined ? { path } : { host: bracketed ?? plain ?? "", port: Number(port) };
}

function join(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(placeOf(path));
    socket.once("connect", () => {
      socket.removeListener("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

function serve(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(placeOf(path), () => {
      server.removeListener("error", reject);
      // Sockets of the stack keep the process alive, not the wire.
      server.unref();
      resolve(server);
    });
  });
}

function refusal(path: string, error: unknown): InputError {
  const { code = "EIO" } = error as NodeJS.ErrnoException;
  return new InputError(code, `The socket ${path} cannot be used for a wire (${code}); take another path.`);
}
