// Finding the routers on a path and the largest packet that it carries: datagrams with growing time to live that must not
// be fragmented, and what ICMP says of them (RFC 792, 1191, 4443, 8201).

import { SocketOption } from "../../assembly/abi/sockets.ts";
import { isV4, parseAddress } from "../core/address.ts";
import { StackError } from "../errors.ts";
import { Icmp6Type, IcmpType, Protocol } from "../inspect/protocol-names.ts";
import type { RawPacket, RawSocket } from "../socket/raw-socket.ts";
import type { Stack } from "../stack.ts";

export interface TraceOptions {
  /** Hops after which the search is given up. */
  most: number;
  /** Of the first probe; each has the next one. */
  port: number;
  /** Bytes of the first packets, headers included. */
  mtu: number;
  /** Milliseconds. */
  timeout: number;
}

/** What came of one probe. */
export interface Hop {
  hop: number;
  /** Who has answered; null: nobody in time, or the stack itself does not send packets of that size there. */
  address: string | null;
  micros: number | null;
  /** Bytes of the largest packet that goes further, where that became known just now. */
  pmtu: number | null;
  /** The destination has answered. */
  isReached: boolean;
  /** Hops that the answer has come, by its time to live; null without one. */
  back: number | null;
  /** "no reply", or what a router has against it. */
  remark: string | null;
}

const HEADER_BYTES = { v4: 28, v6: 48 } as const;
const IPV6_HEADER_BYTES = 40;
const LEAST_MTU = { v4: 68, v6: 1280 } as const;
/** Time to live that machines begin with. */
const INITIAL_TTLS = [64, 128, 255];
const TRIES = 3;
const UNREACHABLE_WORDS: Readonly<Record<string, string>> = {
  "4/0": "network unreachable",
  "4/1": "host unreachable",
  "4/13": "administratively prohibited",
  "6/0": "no route",
  "6/1": "administratively prohibited",
  "6/3": "address unreachable",
};

/** An ICMP message about one of the probes. */
interface Answer {
  kind: "hop" | "too big" | "reached" | "unreachable";
  /** The destination port of the probe that it quotes. */
  port: number;
  mtu: number;
  remark: string | null;
}

/** The hops to `address`, one after another, the last one reached, unreachable or number `most`. Throws StackError. */
export async function* trace(stack: Stack, address: string, options: TraceOptions): AsyncGenerator<Hop> {
  const is4 = isV4(parseAddress(address));
  const answers = new Answers(await stack.raw({ protocol: is4 ? Protocol.ICMP : Protocol.ICMPV6 }), is4);
  const socket = await stack.udp();
  socket.setOption(SocketOption.DONT_FRAGMENT, 1);
  const headers = is4 ? HEADER_BYTES.v4 : HEADER_BYTES.v6;
  let { mtu, port } = options;
  try {
    for (let hop = 1, tries = 0; hop <= options.most; ) {
      socket.setOption(SocketOption.TTL, hop);
      const began = stack.clock.now();
      const blank = { hop, address: null, micros: null, pmtu: null, isReached: false, back: null, remark: null };
      try {
        await socket.send(new Uint8Array(mtu - headers), address, port);
      } catch (error) {
        if (!(error instanceof StackError)) throw error;
        // What ICMP said of an earlier probe, which the raw socket has told already in full.
        if (error.syscall === "receive") continue;
        if (error.code !== "EMSGSIZE") throw error;
        // The stack knows already that the path is narrower, from other conversations.
        mtu = Math.max(mtu - 4, is4 ? LEAST_MTU.v4 : LEAST_MTU.v6);
        continue;
      }
      const found = await answers.about(port++, options.port, until(stack, options.timeout));
      if (found === null) {
        if (++tries < TRIES) continue;
        yield { ...blank, remark: "no reply" };
        hop++;
        tries = 0;
        continue;
      }
      const { answer, packet } = found;
      tries = 0;
      if (answer.kind === "too big") mtu = narrower(mtu, answer.mtu, is4);
      yield {
        ...blank,
        ...{ address: packet.address, micros: stack.clock.now() - began, back: hopsBack(packet.ttl) },
        ...{
          pmtu: answer.kind === "too big" ? mtu : null,
          isReached: answer.kind === "reached",
          remark: answer.remark,
        },
      };
      if (answer.kind === "reached" || answer.kind === "unreachable") return;
      if (answer.kind === "hop") hop++;
    }
  } finally {
    answers.close();
    socket.close();
  }
}

// Messages about probes, one after another; one that comes too late for its probe is not lost on the next.
class Answers {
  #icmp: RawSocket;
  #is4: boolean;
  #next: Promise<RawPacket> | null = null;

  constructor(icmp: RawSocket, is4: boolean) {
    this.#icmp = icmp;
    this.#is4 = is4;
  }

  /** What is said of the probe with that port, or of one from `first` on that never arrives; null when `late` is first. */
  async about(port: number, first: number, late: Promise<null>): Promise<{ answer: Answer; packet: RawPacket } | null> {
    for (;;) {
      this.#next ??= this.#icmp.receive();
      const packet = await Promise.race([this.#next, late]);
      if (packet === null) return null;
      this.#next = null;
      const answer = this.#is4 ? parseAnswer4(packet.data) : parseAnswer6(packet.data);
      if (!answer || answer.port < first || answer.port > port) continue;
      // That nobody has an address, a router knows only after seconds.
      if (answer.port === port || answer.kind === "unreachable") return { answer, packet };
    }
  }

  close(): void {
    this.#next?.catch(() => {});
    this.#icmp.close();
  }
}

function until({ clock }: Stack, milliseconds: number): Promise<null> {
  return new Promise((resolve) => clock.at(clock.now() + milliseconds * 1000, () => resolve(null)));
}

// A router that does not say what its link carries gets a packet that is a little smaller (RFC 1191 §5 has a table).
function narrower(mtu: number, told: number, is4: boolean): number {
  const least = is4 ? LEAST_MTU.v4 : LEAST_MTU.v6;
  return Math.max(least, told > 0 && told < mtu ? told : mtu - 64);
}

function hopsBack(ttl: number): number {
  return (INITIAL_TTLS.find((initial) => ttl <= initial) ?? 255) - ttl + 1;
}

function parseAnswer4(data: Uint8Array): Answer | null {
  if (data.length < 8 + 20 + 8) return null;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const [type, code] = [view.getUint8(0), view.getUint8(1)];
  const headerBytes = (view.getUint8(8) & 15) * 4;
  if (view.getUint8(8 + 9) !== Protocol.UDP || data.length < 8 + headerBytes + 4) return null;
  const port = view.getUint16(8 + headerBytes + 2);
  const answer = { port, mtu: 0, remark: null };
  if (type === IcmpType.TIME_EXCEEDED) return { ...answer, kind: "hop" };
  if (type !== IcmpType.UNREACHABLE) return null;
  if (code === 4) return { ...answer, kind: "too big", mtu: view.getUint16(6) };
  return code === 3 ? { ...answer, kind: "reached" } : unreachable(answer, `4/${code}`);
}

function parseAnswer6(data: Uint8Array): Answer | null {
  if (data.length < 8 + IPV6_HEADER_BYTES + 4) return null;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const [type, code] = [view.getUint8(0), view.getUint8(1)];
  if (view.getUint8(8 + 6) !== Protocol.UDP) return null;
  const answer = { port: view.getUint16(8 + IPV6_HEADER_BYTES + 2), mtu: 0, remark: null };
  if (type === Icmp6Type.TIME_EXCEEDED) return { ...answer, kind: "hop" };
  if (type === Icmp6Type.PACKET_TOO_BIG) return { ...answer, kind: "too big", mtu: view.getUint32(4) };
  if (type !== Icmp6Type.UNREACHABLE) return null;
  return code === 4 ? { ...answer, kind: "reached" } : unreachable(answer, `6/${code}`);
}

function unreachable(answer: { port: number; mtu: number }, code: string): Answer {
  return { ...answer, kind: "unreachable", remark: UNREACHABLE_WORDS[code] ?? `unreachable (${code})` };
}
