// What goes wrong, as the host's callers see it: errors of socket calls, and errors in what a person has typed.

import { Errno } from "../assembly/abi/errno.ts";

/** A socket call that the stack has refused, or a connection that has failed; shaped like Node's system errors. */
export class StackError extends Error {
  /** Berkeley's name, such as "ECONNREFUSED". */
  readonly code: string;
  /** Linux's number, negative, such as -111. */
  readonly errno: number;
  /** The call that failed, such as "connect". */
  readonly syscall: string;
  readonly address?: string;
  readonly port?: number;

  constructor(errno: number, syscall: string, address?: string, port?: number) {
    const code = Errno[-errno] ?? `E${-errno}`;
    const where = address === undefined ? "" : ` ${port === undefined ? address : endpoint(address, port)}`;
    super(`${syscall} ${code}${where}: ${SENTENCES[code] ?? "the stack refused the call."}`);
    this.name = "StackError";
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    if (address !== undefined) this.address = address;
    if (port !== undefined) this.port = port;
  }
}

/** Something that was typed or passed cannot be used; the message is one sentence that says what can. */
export class InputError extends Error {
  /** Such as "ERR_ADDRESS", "ERR_WIRE" or "EPERM". */
  readonly code: string;

  constructor(code: string, sentence: string) {
    super(sentence);
    this.name = "InputError";
    this.code = code;
  }
}

/** The one place where a negative answer of the core becomes an error. */
export function stackError(errno: number, syscall: string, address?: string, port?: number): StackError {
  return new StackError(errno, syscall, address, port);
}

function endpoint(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

const SENTENCES: Record<string, string> = {
  EBADF: "the socket is closed.",
  EAGAIN: "nothing can be done at this moment.",
  EACCES: "that address needs a broadcast permission.",
  EFAULT: "the memory given is outside the stack's.",
  EINVAL: "the call does not fit the state of the socket, or an argument is out of range.",
  ENFILE: "all sockets (or adapters, routes, addresses) of this profile are in use.",
  EPIPE: "the sending side of the connection has been shut down.",
  EMSGSIZE: "the datagram is larger than 65507 bytes, or than one packet and may not go in fragments.",
  EPROTOTYPE: "the socket is of another kind.",
  EPROTONOSUPPORT: "this profile of the stack does not have that: a kind of socket, IPv6, or automatic addresses.",
  EOPNOTSUPP: "sockets of this kind do not know that call, or this profile does not have that application.",
  EADDRINUSE: "another socket has that address and port.",
  EADDRNOTAVAIL: "this machine does not have that address, or no port is free.",
  ENETDOWN: "the adapter has no link, or the stack is closed.",
  ENETUNREACH: "no route leads there.",
  ECONNABORTED: "the connection was aborted on this side.",
  ECONNRESET: "the other side has reset the connection.",
  ENOBUFS: "the stack has not enough packet buffers or places for group memberships, or all are in use.",
  EISCONN: "the socket is connected already.",
  ENOTCONN: "the socket is not connected.",
  ETIMEDOUT: "the other side did not answer in time.",
  ECONNREFUSED: "nothing listens on that port there.",
  EHOSTUNREACH: "no machine on the wire answers for that address.",
  EALREADY: "the socket is connecting already, or the application runs already.",
  EINPROGRESS: "the connection is being made.",
};
