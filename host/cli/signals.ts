// How a command that runs until it is stopped learns that it is to stop.

import { Failure } from "./errors.ts";

/** Resolves at the first SIGINT or SIGTERM, with its name. A second one ends the process at once. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let seen = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (seen) process.exit(signal === "SIGINT" ? 130 : 143);
      seen = true;
      resolve(signal);
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
}

/** Waits for the signal while `services` run; rejects when one of them ends by itself, which none should. */
export async function untilStopped(signal: Promise<unknown>, services: readonly Promise<void>[]): Promise<void> {
  const ends = services.map(async (service) => {
    await service;
    throw new Failure("The stack has stopped by itself.");
  });
  await Promise.race([signal, ...ends]);
}
