// One attempt at a connection, from an address that may be given to an address.

import { endpointError, type SystemError } from "./errors.ts";
import type { Socket } from "./net-socket.ts";

/** Where an attempt goes, and from where. */
export interface Attempt {
  address: string;
  port: number;
  family: number;
  localAddress?: string;
  localPort?: number;
}

const ANY: Record<number, string> = { 4: "0.0.0.0", 6: "::" };

/** Binds the socket's handle to the local end that the attempt names; the error of that, or null. */
export function bindAttempt(socket: Socket, { family, localAddress, localPort }: Attempt): SystemError | null {
  if (!localAddress && !localPort) return null;
  const address = localAddress || ANY[family];
  const errno = socket.handle?.bind(address, localPort ?? 0) ?? 0;
  return errno === 0 ? null : endpointError(errno, "bind", address, localPort);
}

/** Begins the attempt; `done` hears of its end unless it cannot even begin, for which there is the error. */
export function beginAttempt(socket: Socket, attempt: Attempt, done: (errno: number) => void): SystemError | null {
  const handle = socket.handle;
  if (handle === null) return null;
  const { address, port } = attempt;
  const errno = handle.connect(address, port, socket.connectionOptions(), done);
  if (errno === 0) return null;
  return endpointError(errno, "connect", address, port, handle.localName() ?? { address: "0.0.0.0", port: 0 });
}

/** The error of an attempt that has failed, with the local end where that was chosen. */
export function attemptError(errno: number, { address, port, localAddress, localPort }: Attempt): SystemError {
  if (!localAddress || !localPort) return endpointError(errno, "connect", address, port);
  const local = { address: localAddress, port: localPort };
  return Object.assign(endpointError(errno, "connect", address, port, local), { localAddress, localPort });
}
