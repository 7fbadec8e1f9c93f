// What all sockets of Direct Sockets have in common: `opened`, `closed` and when `close` is allowed.

import { invalidStateError, networkError } from "./errors.ts";

interface Locked {
  readonly locked: boolean;
}

/** `Source`: what the stack opens; `Info`: what `opened` resolves to. */
export abstract class DirectSocket<Source, Info> {
  /** The streams and the addresses. Rejects with a NetworkError whose cause is the stack's error. */
  readonly opened: Promise<Info>;
  /** It is over; rejects with a NetworkError when that was not in order. */
  readonly closed: Promise<void>;
  #info: Info | null = null;
  #settleClosed!: { resolve: () => void; reject: (error: Error) => void };

  constructor(source: Promise<Source>) {
    this.closed = new Promise((resolve, reject) => {
      this.#settleClosed = { resolve, reject };
    });
    this.opened = source.then(
      (made) => {
        this.#info = this.inform(made);
        return this.#info;
      },
      (error) => {
        const failure = networkError(error);
        this.endClosed(failure);
        throw failure;
      },
    );
    // Who waits for one of the two hears of a failure; who waits for neither has not asked.
    this.opened.catch(() => {});
    this.closed.catch(() => {});
  }

  /** Makes the streams over what the stack has opened. */
  protected abstract inform(source: Source): Info;

  /** Settles `closed`. */
  protected endClosed(failure: Error | null = null): void {
    if (failure === null) this.#settleClosed.resolve();
    else this.#settleClosed.reject(failure);
  }

  /** Throws InvalidStateError before it is open, and while one of the streams is locked, whose holder then has to end it. */
  protected infoToClose(streams: (info: Info) => Locked[]): Info {
    if (this.#info === null) throw invalidStateError("The socket is not open; wait for `opened` first.");
    if (streams(this.#info).some(({ locked }) => locked)) {
      throw invalidStateError("A stream of the socket is locked; release its reader or its writer first.");
    }
    return this.#info;
  }
}
