// Several addresses of one name, tried in turn as Node does it: each gets a moment, and the first that answers wins
// (RFC 8305 §5, but one attempt at a time).

import { Errno } from "../../assembly/abi/errno.ts";
import type { Timer } from "../clock.ts";
import { type Attempt, attemptError, beginAttempt, bindAttempt } from "./attempt.ts";
import { aggregateError, stateError } from "./errors.ts";
import type { Socket } from "./net-socket.ts";
import { TcpHandle } from "./tcp-handle.ts";

/** Connects `socket` to the first of the addresses that answers; each but the last has `patience` milliseconds. */
export function connectToOneOf(socket: Socket, attempts: Attempt[], patience: number): void {
  socket.autoSelectFamilyAttemptedAddresses = [];
  new Attempts(socket, attempts, patience).next();
}

class Attempts {
  #socket: Socket;
  #attempts: Attempt[];
  #patience: number;
  #tried = 0;
  #errors: Error[] = [];
  #timer: Timer | null = null;

  constructor(socket: Socket, attempts: Attempt[], patience: number) {
    this.#socket = socket;
    this.#attempts = attempts;
    this.#patience = patience;
  }

  next(): void {
    const socket = this.#socket;
    this.#timer?.cancel();
    if (socket.destroyed) return;
    if (this.#tried === this.#attempts.length) {
      socket.destroy(
        this.#errors.length === 0 ? stateError("ERR_SOCKET_CONNECTION_TIMEOUT") : aggregateError(this.#errors),
      );
      return;
    }
    const attempt = this.#attempts[this.#tried++];
    if (this.#tried > 1) this.#renew();
    const failed = bindAttempt(socket, attempt);
    if (failed === null) {
      this.#try(attempt);
      return;
    }
    this.#errors.push(failed);
    this.next();
  }

  // The attempt before has used the socket's handle up.
  #renew(): void {
    const { context, handle } = this.#socket;
    handle?.release(() => {});
    this.#socket.attach(new TcpHandle(context.machine));
  }

  #try(attempt: Attempt): void {
    const socket = this.#socket;
    const { address, port, family } = attempt;
    const { clock } = socket.context.machine;
    socket.emit("connectionAttempt", address, port, family);
    socket.autoSelectFamilyAttemptedAddresses?.push(`${address}:${port}`);
    const failed = beginAttempt(socket, attempt, (errno) => this.#ended(attempt, errno));
    if (failed !== null) {
      this.#fail(attempt, failed);
    } else if (this.#tried < this.#attempts.length) {
      const release = clock.hold();
      const timer = clock.at(clock.now() + this.#patience * 1000, () => {
        release();
        this.#outOfTime(attempt);
      });
      this.#timer = {
        cancel: () => {
          release();
          timer.cancel();
        },
      };
    }
  }

  #ended(attempt: Attempt, errno: number): void {
    this.#timer?.cancel();
    if (errno !== 0) this.#fail(attempt, attemptError(errno, attempt));
    else if (!this.#socket.destroyed) this.#socket.connected();
  }

  #fail({ address, port, family }: Attempt, error: Error): void {
    this.#errors.push(error);
    this.#socket.emit("connectionAttemptFailed", address, port, family, error);
    if (this.#socket.connecting) this.next();
  }

  #outOfTime(attempt: Attempt): void {
    const socket = this.#socket;
    if (!socket.connecting) return;
    socket.emit("connectionAttemptTimeout", attempt.address, attempt.port, attempt.family);
    this.#errors.push(attemptError(-Errno.ETIMEDOUT, attempt));
    if (socket.connecting) this.next();
  }
}
