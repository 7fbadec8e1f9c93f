// A name server for tests, in a few lines over a stack's own sockets: it says what a test wants it to say, true or not.

import type { UdpSocket } from "../../host/socket/udp-socket.ts";
import type { Stack } from "../../host/stack.ts";
import { concat, fourBytes, twoBytes } from "../segment/frames/bytes.ts";

export const TYPE = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28 } as const;

/** A question as it came. */
export interface Question {
  id: number;
  bits: number;
  /** In the case in which it was asked. */
  name: string;
  type: number;
  hasEdns: boolean;
  /** The bytes of the question section. */
  section: Uint8Array;
  address: string;
  port: number;
}

export interface Answer {
  id?: number;
  bits?: number;
  section?: Uint8Array;
  answers?: Uint8Array[];
  authorities?: Uint8Array[];
  /** Bytes behind what the header counts, or instead of all. */
  raw?: Uint8Array;
}

/** What a server does with a question: the messages that it sends back. */
export type Behavior = (question: Question) => Uint8Array[] | Promise<Uint8Array[]>;

const RESPONSE = 0x8180;

export function readQuestion(data: Uint8Array, address: string, port: number): Question {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const labels: string[] = [];
  let at = 12;
  while (data[at] !== 0) {
    labels.push(Buffer.from(data.subarray(at + 1, at + 1 + data[at])).toString("latin1"));
    at += 1 + data[at];
  }
  const section = data.slice(12, at + 5);
  return {
    id: view.getUint16(0),
    bits: view.getUint16(2),
    name: labels.join("."),
    type: view.getUint16(at + 1),
    hasEdns: view.getUint16(10) === 1,
    section,
    address,
    port,
  };
}

export function wireName(name: string): Uint8Array {
  const labels = name.split(".").filter((label) => label !== "");
  return concat([...labels.map((label) => Uint8Array.of(label.length, ...Buffer.from(label))), Uint8Array.of(0)]);
}

export function record(name: string, type: number, ttl: number, data: Uint8Array): Uint8Array {
  return concat([wireName(name), twoBytes(type), twoBytes(1), fourBytes(ttl), twoBytes(data.length), data]);
}

export function a(name: string, address: string, ttl = 60): Uint8Array {
  return record(name, TYPE.A, ttl, Uint8Array.from(address.split(".").map(Number)));
}

export function cname(name: string, target: string, ttl = 60): Uint8Array {
  return record(name, TYPE.CNAME, ttl, wireName(target));
}

export function soa(name: string, minimum: number): Uint8Array {
  const numbers = [1, 2, 3, 4, minimum].map(fourBytes);
  return record(name, TYPE.SOA, 3600, concat([wireName("ns.test"), wireName("root.test"), ...numbers]));
}

/** An answer to a question, true unless `answer` has something else. */
export function reply(question: Question, answer: Answer = {}): Uint8Array {
  const { answers = [], authorities = [] } = answer;
  const header = [answer.id ?? question.id, answer.bits ?? RESPONSE, 1, answers.length, authorities.length, 0];
  const section = answer.section ?? question.section;
  return concat([...header.map(twoBytes), section, ...answers, ...authorities, answer.raw ?? new Uint8Array(0)]);
}

export const code = (number: number): number => RESPONSE | number;

/** Serves names at port 53 of a stack; what was asked is in the list that it gives. */
export async function serveNames(stack: Stack, behave: Behavior): Promise<{ asked: Question[]; socket: UdpSocket }> {
  const socket = await stack.udp({ port: 53 });
  const asked: Question[] = [];
  const answer = async (question: Question): Promise<void> => {
    for (const message of await behave(question)) await socket.send(message, question.address, question.port);
  };
  void (async () => {
    for (;;) {
      const { data, address, port } = await socket.receive();
      const question = readQuestion(data, address, port);
      asked.push(question);
      void answer(question);
    }
  })().catch(() => {}); // closed with its stack
  return { asked, socket };
}
