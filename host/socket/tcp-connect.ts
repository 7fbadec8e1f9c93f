// Opening a TCP connection: what happens between the call and the event that tells how it went.

import { Errno } from "../../assembly/abi/errno.ts";
import { Event, SocketOption } from "../../assembly/abi/sockets.ts";
import { stackError } from "../errors.ts";
import type { Machine } from "../machine.ts";
import type { Target } from "./calls.ts";
import { setFlag, setTcpOptions, type TcpOptions } from "./tcp-options.ts";

export interface ConnectOptions extends TcpOptions {
  address: string;
  port: number;
  /** Our end; default: chosen by the stack. */
  localAddress?: string;
  localPort?: number;
  /** Number of the adapter that the connection goes through; default: the one that routes say. */
  adapter?: number;
  /** Milliseconds after which the attempt is given up with ETIMEDOUT; default: when TCP does. */
  timeout?: number;
  /**
   * Asks the peer for explicit congestion notification (RFC 3168); default false. A peer that asks gets it in any case;
   * `status().options` says whether both agreed.
   */
  ecn?: boolean;
}

/** Connects the stream socket `fd`. Rejects with StackError; the descriptor stays the caller's either way. */
export function connectStream(machine: Machine, fd: number, remote: Target, options: ConnectOptions): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const settle = (error: Error | null): void => {
      timer?.cancel();
      machine.sockets.remove(fd);
      if (error === null) resolve();
      else reject(error);
    };
    const fail = (errno: number): void => settle(stackError(errno, "connect", options.address, options.port));
    const timer =
      options.timeout === undefined
        ? null
        : machine.clock.at(machine.clock.now() + options.timeout * 1000, () => fail(-Errno.ETIMEDOUT));
    machine.sockets.add(fd, {
      event: (mask) => {
        const errno = mask & Event.ERROR ? machine.calls.takeError(fd) : 0;
        if (errno < 0) fail(errno);
        else if (mask & Event.WRITABLE) settle(null);
      },
      close: () => fail(-Errno.ECONNABORTED),
      stackGone: (error) => settle(error),
    });
    try {
      const target = { calls: machine.calls, fd };
      setTcpOptions(target, options);
      if (options.ecn !== undefined) setFlag(target, SocketOption.ECN, options.ecn);
      machine.calls.connect(fd, remote);
    } catch (error) {
      settle(error as Error);
    }
  });
}
