// The application of a segment script: makes the socket calls, writes the known stream, and checks what it reads.

import { Errno } from "../../assembly/abi/errno.ts";
import { Congestion, Event, Shutdown, SocketKind, SocketOption } from "../../assembly/abi/sockets.ts";
import { addressIn, type Network } from "./addresses.ts";
import { type Conversation, LISTEN_PORT, streamByte, streamBytes } from "./conversation.ts";
import type { Machine } from "./machine.ts";

/** What the application holds of one conversation. */
export interface Application {
  fd: number;
  /** Bytes written and read so far: the offsets in the two streams. */
  written: number;
  read: number;
}

const DIRECTIONS: Readonly<Record<string, number>> = {
  read: Shutdown.READ,
  write: Shutdown.WRITE,
  both: Shutdown.BOTH,
};

const OPTIONS: Readonly<Record<string, number>> = {
  nodelay: SocketOption.NO_DELAY,
  "receive-packets": SocketOption.RECEIVE_PACKETS,
  "send-packets": SocketOption.SEND_PACKETS,
  ttl: SocketOption.TTL,
  tos: SocketOption.TOS,
  "user-timeout": SocketOption.USER_TIMEOUT,
  congestion: SocketOption.CONGESTION,
  ecn: SocketOption.ECN,
  keepalive: SocketOption.KEEPALIVE,
  "keepalive-idle": SocketOption.KEEPALIVE_IDLE,
  "keepalive-interval": SocketOption.KEEPALIVE_INTERVAL,
  "keepalive-count": SocketOption.KEEPALIVE_COUNT,
  linger: SocketOption.LINGER,
  urgent: SocketOption.URGENT,
  "soft-error": SocketOption.SOFT_ERROR,
  reports: SocketOption.REPORTS,
  "user-timeout-option": SocketOption.USER_TIMEOUT_OPTION,
};

/** Values of the option `congestion` by name. */
const CONTROLLERS: Readonly<Record<string, number>> = { reno: Congestion.RENO, cubic: Congestion.CUBIC };

const EVENT_BITS: ReadonlyMap<string, number> = new Map([
  ["READABLE", Event.READABLE],
  ["WRITABLE", Event.WRITABLE],
  ["ERROR", Event.ERROR],
  ["HANGUP", Event.HANGUP],
  ["URGENT", Event.URGENT],
  ["TROUBLE", Event.TROUBLE],
]);

export class CallError extends Error {
  readonly code = "ECALL";
}

export class Applications {
  readonly #held = new Map<number, Application>();
  /** Events that the core has told and no step has looked at, by descriptor. */
  readonly #events = new Map<number, number>();

  constructor(
    readonly machine: Machine,
    readonly network: Network,
  ) {}

  /** Every descriptor that the script holds. */
  descriptors(): number[] {
    return [...this.#held.values()].map(({ fd }) => fd);
  }

  descriptor(conversation: number): number | undefined {
    return this.#held.get(conversation)?.fd;
  }

  /** A conversation begins anew: both streams start at their first byte again. */
  restart(conversation: number): void {
    const held = this.#held.get(conversation);
    if (held) this.#held.set(conversation, { ...held, written: 0, read: 0 });
  }

  /** Makes a call; returns its result as scripts write it: a number, `-ENAME`, or names of events. */
  perform(conversation: Conversation, call: string, args: readonly string[]): string {
    const number = conversation.number;
    switch (call) {
      case "socket":
        return this.#socket(number);
      case "bind":
        return this.#bind(number, Number(args[0]));
      case "listen":
        return this.#listen(args);
      case "connect":
        return this.#connect(conversation);
      case "accept":
        return this.#accept(number);
      case "write":
        return this.#write(this.#application(number), Number(args[0]));
      case "read":
        return this.#read(
          this.#application(number),
          args[0] === undefined ? Number.POSITIVE_INFINITY : Number(args[0]),
        );
      case "event":
        return this.#event(this.#application(number).fd);
      case "error":
        return pendingError(this.machine.call("getOption", this.#application(number).fd, SocketOption.ERROR));
      case "join":
      case "leave":
        return this.#member(number, call, args);
      case "close":
      case "abort":
        return this.#end(number, call);
      default:
        return this.#simple(this.#application(number).fd, call, args);
    }
  }

  #application(conversation: number): Application {
    const found = this.#held.get(conversation);
    if (!found) throw new CallError(`conversation ${conversation} has no socket yet`);
    return found;
  }

  /** Of a UDP socket, which the first such call of a conversation opens. */
  #member(number: number, call: "join" | "leave", [group = "", source = "any"]: readonly string[]): string {
    if (!this.#held.has(number)) this.#socket(number, SocketKind.DATAGRAM);
    const { core } = this.machine;
    const [groupAt, sourceAt] = [group, source].map((text, place) => {
      const address = addressIn(this.network, text) ?? fail(`${text} is no address here`);
      return core.putAddress(this.machine.wholeAddress(address), place);
    }) as [number, number];
    const name = call === "join" ? "joinGroup" : "leaveGroup";
    return result(this.machine.call(name, this.#application(number).fd, groupAt, sourceAt, 0));
  }

  #socket(number: number, kind = SocketKind.STREAM): string {
    const fd = this.machine.call("socket", kind, 1);
    if (fd >= 0) this.#held.set(number, { fd, written: 0, read: 0 });
    return result(fd);
  }

  #bind(number: number, port: number): string {
    if (!this.#held.has(number)) this.#socket(number);
    const { fd } = this.#application(number);
    return result(this.machine.call("bind", fd, this.machine.putAddress(new Uint8Array(4)), port));
  }

  #listen(args: readonly string[]): string {
    if (args.length > 0 && (args[0] !== "backlog" || args.length !== 2))
      throw new CallError("it is `listen backlog N`");
    const bound = this.#bind(0, LISTEN_PORT);
    if (bound !== "0") return bound;
    return result(this.machine.call("listen", this.#application(0).fd, Number(args[1] ?? 8)));
  }

  #connect(conversation: Conversation): string {
    if (!this.#held.has(conversation.number)) this.#socket(conversation.number);
    const { fd } = this.#application(conversation.number);
    const begun = this.machine.call("connect", fd, this.machine.putAddress(this.network.peer), conversation.peerPort);
    return result(begun === -Errno.EINPROGRESS ? 0 : begun);
  }

  #accept(number: number): string {
    const fd = this.machine.call("accept", this.#application(0).fd);
    if (fd >= 0) this.#held.set(number, { fd, written: 0, read: 0 });
    return fd >= 0 ? "0" : result(fd);
  }

  #write(application: Application, bytes: number): string {
    let taken = 0;
    while (taken < bytes) {
      const room = this.machine.call("sendRoom", application.fd);
      if (room <= 0) return taken > 0 ? String(taken) : result(room);
      const piece = Math.min(room, bytes - taken);
      this.machine.writeAtPointer(streamBytes("ours", application.written, piece));
      const committed = this.machine.call("sendCommit", application.fd, piece);
      if (committed < 0) return result(committed);
      application.written += piece;
      taken += piece;
    }
    return String(taken);
  }

  #read(application: Application, most: number): string {
    let got = 0;
    while (got < most) {
      const ready = this.machine.call("recvPeek", application.fd);
      if (ready <= 0) return got > 0 ? String(got) : result(ready);
      const piece = this.machine.readAtPointer(Math.min(ready, most - got));
      for (const [i, byte] of piece.entries()) {
        const offset = application.read + i;
        if (byte !== streamByte("peer", offset)) throw new CallError(`byte ${offset} read is not what the peer sent`);
      }
      const consumed = this.machine.call("recvConsume", application.fd, piece.length);
      if (consumed < 0) return result(consumed);
      application.read += piece.length;
      got += piece.length;
    }
    return String(got);
  }

  #event(fd: number): string {
    for (const { fd: told, mask } of this.machine.takeEvents()) {
      this.#events.set(told, (this.#events.get(told) ?? 0) | mask);
    }
    const mask = this.#events.get(fd) ?? 0;
    this.#events.delete(fd);
    const names = [...EVENT_BITS].filter(([, bit]) => mask & bit).map(([name]) => name);
    return names.join("|") || "NONE";
  }

  #end(number: number, call: "close" | "abort"): string {
    const { fd } = this.#application(number);
    const ended = this.machine.call(call, fd);
    if (ended === 0) this.#held.delete(number);
    return result(ended);
  }

  #simple(fd: number, call: string, args: readonly string[]): string {
    if (call === "shutdown") {
      const how = DIRECTIONS[args[0] ?? "write"];
      if (how === undefined) throw new CallError("it is `shutdown read`, `shutdown write` or `shutdown both`");
      return result(this.machine.call("shutdown", fd, how));
    }
    const option = OPTIONS[args[0] ?? ""];
    if (option === undefined) throw new CallError(`${call} knows ${Object.keys(OPTIONS).join(", ")}`);
    if (call === "getopt") return result(this.machine.call("getOption", fd, option));
    return result(this.machine.call("setOption", fd, option, CONTROLLERS[args[1] ?? ""] ?? Number(args[1])));
  }
}

function fail(sentence: string): never {
  throw new CallError(sentence);
}

function result(value: number): string {
  return value < 0 ? `-${Errno[-value] ?? -value}` : String(value);
}

/** The pending error in the form of a failed call; 0 when there is none. */
function pendingError(errno: number): string {
  return errno > 0 ? `-${Errno[errno] ?? errno}` : String(errno);
}
