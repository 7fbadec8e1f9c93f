// A UDP socket of the system's for a wire.

import { createSocket, type Socket } from "node:dgram";
import { InputError } from "../errors.ts";

/** Binds a port. Rejects with InputError and the system's code; `remedy` ends its sentence: "take another". */
export async function bindUdp(
  kind: "udp4" | "udp6",
  place: { port: number; address?: string },
  remedy: string,
): Promise<Socket> {
  const socket = createSocket(kind);
  await new Promise<void>((resolve, reject) => {
    socket.once("error", ({ code = "EIO" }: NodeJS.ErrnoException) => {
      reject(new InputError(code, `UDP port ${place.port} cannot be used for a wire (${code}); ${remedy}.`));
    });
    socket.bind(place, resolve);
  });
  socket.removeAllListeners("error");
  // What the system tells of a datagram that nobody took is what a wire without a far end does: nothing.
  socket.on("error", () => {});
  // Sockets of the stack keep the process alive, not the wire.
  socket.unref();
  return socket;
}
