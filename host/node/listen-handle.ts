// A listening TCP descriptor as `net.Server` uses it: connections are accepted as they come, one at each turn.

import { SocketKind } from "../../assembly/abi/sockets.ts";
import type { Machine } from "../machine.ts";
import { type AddressInfo, addressInfo, type Family, familyOf, targetOf } from "./address.ts";
import { errnoOf, Handle } from "./handle.ts";
import { TcpHandle } from "./tcp-handle.ts";

export class ListenHandle extends Handle {
  #family: Family = 4;
  /** Whether peers of the other version of IP are welcome. */
  #takesBoth = false;
  #onConnection: (errno: number, handle: TcpHandle | null) => void;

  /** `onConnection` gets each connection, or the error number of a failure to accept one. */
  constructor(machine: Machine, onConnection: (errno: number, handle: TcpHandle | null) => void) {
    super(machine, "TCPSERVERWRAP");
    this.#onConnection = onConnection;
  }

  /** `both`: an unspecified address stands for both versions of IP. */
  bind(address: string, port: number, both: boolean): number {
    this.#family = familyOf(address);
    this.#takesBoth = both;
    return errnoOf(() => this.machine.calls.bind(this.open(SocketKind.STREAM), targetOf(address, port).target));
  }

  listen(backlog: number): number {
    const errno = errnoOf(() => this.machine.calls.listen(this.fd, backlog));
    if (errno === 0) this.setActive(true);
    return errno;
  }

  name(): AddressInfo | null {
    return this.fd < 0 ? null : addressInfo(this.machine.calls.localName(this.fd), this.#family);
  }

  /** Stops listening; connections that were not accepted are reset. */
  release(): void {
    this.giveBack("close", () => {});
  }

  protected note(_mask: number): void {}

  protected turn(): boolean {
    let fd = -1;
    const errno = errnoOf(() => {
      fd = this.machine.calls.accept(this.fd);
    });
    if (errno !== 0) this.#onConnection(errno, null);
    else if (fd >= 0 && this.#isWelcome(fd)) this.#onConnection(0, TcpHandle.accepted(this.machine, fd, this.#family));
    return fd >= 0;
  }

  // The core listens in both versions wherever the address is unspecified.
  #isWelcome(fd: number): boolean {
    const { calls } = this.machine;
    if (this.#takesBoth || familyOf(calls.peerName(fd).address) === this.#family) return true;
    calls.abort(fd);
    return false;
  }
}
