// The core's socket calls for the rest of the host: addresses as bytes, negative answers as errors.

import { Errno } from "../../assembly/abi/errno.ts";
import { Result, SocketOption } from "../../assembly/abi/sockets.ts";
import { ADDRESS_BYTES, formatAddress } from "../core/address.ts";
import type { Core } from "../core/core.ts";
import { stackError } from "../errors.ts";

export const AGAIN = -Errno.EAGAIN;
const IN_PROGRESS = -Errno.EINPROGRESS;

/** One end of a conversation. */
export interface Endpoint {
  address: string;
  port: number;
}

/** An endpoint as the core takes it, with the address as people read it, for errors. */
export interface Target {
  bytes: Uint8Array;
  port: number;
}

/** A group, the source in it that is meant or null for all, and the adapter or -1 for one of the stack's choice. */
export interface Membership {
  group: Uint8Array;
  source: Uint8Array | null;
  adapter: number;
}

const ANY_SOURCE = new Uint8Array(ADDRESS_BYTES);

export class SocketCalls {
  readonly core: Core;
  /** After every call that may give the core something to do. */
  readonly wake: () => void;

  constructor(core: Core, wake: () => void) {
    this.core = core;
    this.wake = wake;
  }

  open(kind: number, owner: number): number {
    return checked(this.core.exports.socket(kind, owner), "socket");
  }

  bind(fd: number, local: Target): void {
    const answer = this.core.exports.bind(fd, this.core.putAddress(local.bytes), local.port);
    checked(answer, "bind", local);
  }

  /** Begins a connection; of a stream socket, its WRITABLE or ERROR event says how it ended. */
  connect(fd: number, remote: Target): void {
    const answer = this.core.exports.connect(fd, this.core.putAddress(remote.bytes), remote.port);
    if (answer !== IN_PROGRESS) checked(answer, "connect", remote);
    this.wake();
  }

  listen(fd: number, backlog: number): void {
    checked(this.core.exports.listen(fd, backlog), "listen");
  }

  /** The descriptor of a connection; -1 when none waits. */
  accept(fd: number): number {
    const answer = this.core.exports.accept(fd);
    return answer === AGAIN ? -1 : checked(answer, "accept");
  }

  /** Copies as much of `data` from `offset` on as finds room; returns where it stopped. */
  queue(fd: number, data: Uint8Array, offset: number): number {
    const { core } = this;
    const { exports } = core;
    while (offset < data.length) {
      const room = exports.sendRoom(fd, 0, 0);
      if (room === AGAIN) break;
      checked(room, "write");
      const bytes = Math.min(room, data.length - offset);
      const whole = offset === 0 && bytes === data.length;
      core.put(whole ? data : data.subarray(offset, offset + bytes), core.result(Result.POINTER));
      checked(exports.sendCommit(fd, bytes), "write");
      offset += bytes;
    }
    this.wake();
    return offset;
  }

  /** Sends one datagram, to `remote` or to the peer of a connected socket. False when there is no room now. */
  sendDatagram(fd: number, data: Uint8Array, remote: Target | null): boolean {
    const { exports } = this.core;
    const room = exports.sendRoom(fd, data.length, 0);
    if (room === AGAIN) return false;
    checked(room, "send", remote ?? undefined);
    if (data.length > room) this.#fillPieces(fd, data, room);
    else this.core.put(data, this.core.result(Result.POINTER));
    const answer = remote
      ? exports.sendTo(fd, data.length, this.core.putAddress(remote.bytes), remote.port)
      : exports.sendCommit(fd, data.length);
    if (answer === AGAIN) return false;
    checked(answer, "send", remote ?? undefined);
    this.wake();
    return true;
  }

  // A datagram that is larger than a packet; its first piece has `room` bytes.
  #fillPieces(fd: number, data: Uint8Array, room: number): void {
    const { core } = this;
    let offset = 0;
    for (let piece = 1; offset < data.length; piece++) {
      core.put(data.subarray(offset, offset + room), core.result(Result.POINTER));
      offset += room;
      if (offset < data.length) room = checked(core.exports.sendRoom(fd, data.length, piece), "send");
    }
  }

  /** Bytes that lie ready at `Result.POINTER`; AGAIN when none do. */
  peek(fd: number): number {
    const answer = this.core.exports.recvPeek(fd);
    return answer === AGAIN ? AGAIN : checked(answer, "read");
  }

  /** Bytes of a received datagram whose first piece has `piece` bytes, right after `peek` has told that. */
  wholeOf(piece: number): number {
    return Math.max(piece, this.core.result(Result.LENGTH));
  }

  /** Takes a received datagram away, right after `peek` has told of its first piece; `keep` gets each piece in turn. */
  takeDatagram(fd: number, first: number, keep: (pointer: number, bytes: number) => void): void {
    const { core } = this;
    let left = this.wholeOf(first) - first;
    keep(core.result(Result.POINTER), first);
    checked(core.exports.recvConsume(fd, first), "read");
    while (left > 0) {
      const piece = checked(core.exports.recvPeek(fd), "read");
      keep(core.result(Result.POINTER), piece);
      checked(core.exports.recvConsume(fd, piece), "read");
      left -= piece;
    }
    this.wake();
  }

  consume(fd: number, bytes: number): void {
    checked(this.core.exports.recvConsume(fd, bytes), "read");
    this.wake();
  }

  shutdown(fd: number, how: number): void {
    checked(this.core.exports.shutdown(fd, how), "shutdown");
    this.wake();
  }

  close(fd: number): void {
    checked(this.core.exports.close(fd), "close");
    this.wake();
  }

  abort(fd: number): void {
    checked(this.core.exports.abort(fd), "abort");
    this.wake();
  }

  /** Joins or leaves a group, or (`source` not null) one source of it, on an adapter or (-1) on one of the stack's choice. */
  member(call: "joinGroup" | "leaveGroup", fd: number, membership: Membership): void {
    const { exports } = this.core;
    const group = this.core.putAddress(membership.group);
    const source = this.core.putAddress(membership.source ?? ANY_SOURCE, 1);
    const answer = exports[call](fd, group, source, membership.adapter);
    if (answer < 0) throw stackError(answer, call, formatAddress(membership.group));
    this.wake();
  }

  setOption(fd: number, option: number, value: number): void {
    checked(this.core.exports.setOption(fd, option, value), "setsockopt");
    this.wake();
  }

  /** The value of an option, but that of ERROR: see `takeError`. */
  getOption(fd: number, option: number): number {
    return checked(this.core.exports.getOption(fd, option), "getsockopt");
  }

  /** The pending error as a negative Errno, 0 for none; it is cleared. */
  takeError(fd: number): number {
    const answer = this.core.exports.getOption(fd, SocketOption.ERROR);
    return answer > 0 ? -answer : answer;
  }

  localName(fd: number): Endpoint {
    checked(this.core.exports.localName(fd), "getsockname");
    return this.resultEndpoint();
  }

  peerName(fd: number): Endpoint {
    checked(this.core.exports.peerName(fd), "getpeername");
    return this.resultEndpoint();
  }

  /** Address and port that the last call has left in the result block. */
  resultEndpoint(): Endpoint {
    const { core } = this;
    return { address: core.addressAt(core.resultWord + Result.ADDRESS), port: core.result(Result.PORT) };
  }
}

function checked(answer: number, syscall: string, target?: Target): number {
  if (answer < 0) throw stackErrorAt(answer, syscall, target);
  return answer;
}

function stackErrorAt(errno: number, syscall: string, target?: Target): Error {
  return target === undefined
    ? stackError(errno, syscall)
    : stackError(errno, syscall, formatAddress(target.bytes), target.port);
}
