// The resolver against servers that are down, slow, mistaken or hostile, in virtual time: what it believes, whom it asks when,
// what it remembers, and what it counts.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import type { LookupResult } from "../../host/socket/lookups.ts";
import { createStack, type Stack, type StackOptions } from "../../host/stack.ts";
import { concat, twoBytes } from "../segment/frames/bytes.ts";
import { Hub } from "./hub.ts";
import {
  a,
  type Behavior,
  cname,
  code,
  type Question,
  readQuestion,
  reply,
  serveNames,
  soa,
  TYPE,
  wireName,
} from "./name-server.ts";

const SECOND = 1_000_000;
const OURS = "10.0.0.1";

interface Scene {
  clock: VirtualClock;
  client: Stack;
  servers: Stack[];
  asked: Question[][];
  ask(name: string, type?: number): Promise<LookupResult>;
  close(): Promise<void>;
}

/** A machine with a resolver, and servers at 10.0.0.2, 10.0.0.3 and so on. */
async function scene(behaviors: Behavior[], options: Partial<StackOptions> = {}): Promise<Scene> {
  const clock = new VirtualClock();
  const hub = new Hub();
  const machine = (number: number, more: Partial<StackOptions> = {}): Promise<Stack> =>
    createStack({ wires: [{ wire: hub.plugIn(), address: `10.0.0.${number}/24` }], clock, seed: number, ...more });
  const nameServers = behaviors.map((_, i) => `10.0.0.${i + 2}`);
  const client = await machine(1, { nameServers, ...options });
  const servers: Stack[] = [];
  const asked: Question[][] = [];
  for (const [i, behave] of behaviors.entries()) {
    const server = await machine(i + 2);
    servers.push(server);
    asked.push((await serveNames(server, behave)).asked);
  }
  return {
    clock,
    client,
    servers,
    asked,
    ask: (name, type = TYPE.A) => clock.settle(client.resolve(name, type)),
    close: async () => {
      const closing = [client, ...servers].map((stack) => stack.close({ linger: 0 }));
      clock.runUntil(clock.now() + SECOND);
      await Promise.all(closing);
    },
  };
}

const says =
  (address: string, ttl = 60): Behavior =>
  (question) => [reply(question, { answers: [a(question.name, address, ttl)] })];

const nothing: Behavior = () => [];

describe("a look-up", () => {
  it("asks with a random id, port and case of letters, and finds what the server says", async () => {
    const { ask, asked, close } = await scene([
      (question) => [
        reply(question, { answers: [a(question.name, "10.0.0.7", 60), a(question.name, "10.0.0.8", 30)] }),
      ],
    ]);
    const first = await ask("www.example.test");
    assert.deepEqual([first.outcome, first.addresses, first.seconds], ["FOUND", ["10.0.0.7", "10.0.0.8"], 30]);
    await ask("www.example.test.org");
    const [one, other] = asked[0] ?? [];
    assert.equal(one?.name.toLowerCase(), "www.example.test");
    assert.notEqual(one?.name, "www.example.test", "some letter is large");
    assert.ok(one?.hasEdns);
    assert.notEqual(one?.id, other?.id);
    assert.notEqual(one?.port, other?.port);
    assert.ok((one?.port ?? 0) >= 49152);
    await close();
  });

  it("is answered from what is known as long as the server said, and not longer", async () => {
    const { ask, asked, clock, close } = await scene([says("10.0.0.7", 10)]);
    await ask("a.test");
    await ask("A.test.");
    assert.equal(asked[0]?.length, 1);
    clock.runUntil(clock.now() + 11 * SECOND);
    await ask("a.test");
    assert.equal(asked[0]?.length, 2);
    await close();
  });

  it("remembers that there is no such name, or nothing of that type, as long as the SOA record says", async () => {
    const { ask, asked, clock, close } = await scene([
      (question) => {
        const bits = question.name.toLowerCase().startsWith("no.") ? code(3) : code(0);
        return [reply(question, { bits, authorities: [soa("test", 20)] })];
      },
    ]);
    assert.equal((await ask("no.test")).outcome, "NO_NAME");
    assert.equal((await ask("yes.test")).outcome, "NO_DATA");
    assert.equal((await ask("no.test")).outcome, "NO_NAME");
    assert.equal((await ask("yes.test")).outcome, "NO_DATA");
    assert.equal(asked[0]?.length, 2);
    clock.runUntil(clock.now() + 21 * SECOND);
    await ask("no.test");
    assert.equal(asked[0]?.length, 3);
    await close();
  });

  it("follows aliases within an answer, in any order, and asks for the end of those that lead out of it", async () => {
    const { ask, asked, close } = await scene([
      (question) => {
        const name = question.name.toLowerCase();
        if (name === "out.test") return [reply(question, { answers: [cname(name, "far.test")] })];
        if (name === "far.test") return [reply(question, { answers: [a(name, "10.0.0.9")] })];
        return [
          reply(question, {
            answers: [a("end.test", "10.0.0.7"), cname("mid.test", "end.test"), cname(name, "mid.test")],
          }),
        ];
      },
    ]);
    assert.deepEqual((await ask("in.test")).addresses, ["10.0.0.7"]);
    assert.deepEqual((await ask("out.test")).addresses, ["10.0.0.9"]);
    assert.equal(asked[0]?.length, 3);
    await close();
  });

  it("does not follow aliases in circles, within an answer or from answer to answer", async () => {
    const { ask, client, asked, close } = await scene([
      (question) => {
        const name = question.name.toLowerCase();
        if (name === "one.test")
          return [reply(question, { answers: [cname("one.test", "two.test"), cname("two.test", "one.test")] })];
        return [reply(question, { answers: [cname(name, `a${name}`)] })];
      },
    ]);
    assert.equal((await ask("one.test")).outcome, "TIMED_OUT");
    assert.ok((client.counters().DnsInMalformed ?? 0) >= 1);
    assert.equal((await ask("b.test")).outcome, "FAILED");
    assert.equal(asked[0]?.filter(({ name }) => name.toLowerCase().endsWith("b.test")).length, 9);
    await close();
  });

  it("looks for a name without a dot in the search domain first, for one with dots there last", async () => {
    const { ask, asked, close } = await scene(
      [(question) => [reply(question, { bits: code(3), authorities: [soa("test", 5)] })]],
      { searchDomain: "lan.test" },
    );
    await ask("printer");
    await ask("printer.floor");
    await ask("whole.");
    assert.deepEqual(
      asked[0]?.map(({ name }) => name.toLowerCase()),
      ["printer.lan.test", "printer", "printer.floor", "printer.floor.lan.test", "whole"],
    );
    await close();
  });

  it("that is there without such records, and not in the search domain, has no data", async () => {
    const { ask, close } = await scene(
      [
        (question) => {
          const bits = question.name.toLowerCase() === "www.test" ? code(0) : code(3);
          return [reply(question, { bits, authorities: [soa("test", 5)] })];
        },
      ],
      { searchDomain: "lan.test" },
    );
    assert.equal((await ask("www.test", TYPE.MX)).outcome, "NO_DATA");
    await close();
  });

  it("ends at once when nobody is known who could be asked, and refuses what is no name", async () => {
    const { ask, client, close } = await scene([]);
    assert.equal((await ask("a.test")).outcome, "NO_SERVER");
    for (const name of ["", ".", "a..b", "x".repeat(64)]) {
      await assert.rejects(async () => client.resolve(name, 1), { code: "ERR_NAME" }, name);
    }
    await close();
  });
});

describe("servers", () => {
  it("that are silent are asked in three rounds with more and more patience", async () => {
    const { ask, asked, clock, close } = await scene([nothing, nothing]);
    const start = clock.now();
    assert.equal((await ask("a.test")).outcome, "TIMED_OUT");
    assert.equal(Math.round((clock.now() - start) / SECOND), 14);
    assert.deepEqual(
      asked.map(({ length }) => length),
      [3, 3],
    );
    assert.ok(
      asked.flat().every(({ name }, i) => i % 3 < 2 || name === "a.test"),
      "the last round has small letters",
    );
    await close();
  });

  it("that are down are left for the next one when their time is over, and not asked again", async () => {
    const { ask, asked, servers, clock, close } = await scene([nothing, says("10.0.0.7")]);
    await servers[0]?.close({ linger: 0 });
    const start = clock.now();
    assert.deepEqual((await ask("a.test")).addresses, ["10.0.0.7"]);
    assert.equal(Math.round((clock.now() - start) / SECOND), 1);
    assert.equal(asked[1]?.length, 1);
    await close();
  });

  it("that turn out to serve no names are left for the next one at once", async () => {
    const { ask, client, servers, clock, close } = await scene([says("10.6.6.6"), says("10.0.0.7")]);
    for (const { handle, localPort } of servers[0]?.sockets() ?? []) {
      if (localPort === 53) servers[0]?.core.exports.close(handle as number);
    }
    const start = clock.now();
    assert.deepEqual((await ask("a.test")).addresses, ["10.0.0.7"]);
    assert.ok(clock.now() - start < SECOND);
    assert.equal(client.counters().DnsOutQueries, 2);
    await close();
  });

  it("that are slow are still heard when others have been asked meanwhile", async () => {
    const waits: { wait?: (micros: number) => Promise<void> } = {};
    const { ask, asked, clock, close } = await scene([
      async (question) => {
        await waits.wait?.(2.5 * SECOND);
        return [reply(question, { answers: [a(question.name, "10.0.0.7")] })];
      },
      nothing,
    ]);
    waits.wait = (micros) => new Promise((resolve) => clock.at(clock.now() + micros, resolve));
    const start = clock.now();
    assert.deepEqual((await ask("a.test")).addresses, ["10.0.0.7"]);
    assert.equal(Math.round((clock.now() - start) / 100_000), 25);
    assert.deepEqual(
      asked.map(({ length }) => length),
      [2, 1],
    );
    await close();
  });

  it("that cannot or will not are left for the next one, and the look-up fails when all are", async () => {
    const refuses: Behavior = (question) => [reply(question, { bits: code(5) })];
    const fails: Behavior = (question) => [reply(question, { bits: code(2) })];
    const first = await scene([refuses, says("10.0.0.7")]);
    assert.deepEqual((await first.ask("a.test")).addresses, ["10.0.0.7"]);
    assert.equal(first.client.counters().DnsInFailures, 1);
    await first.close();
    const second = await scene([refuses, fails]);
    const start = second.clock.now();
    assert.equal((await second.ask("a.test")).outcome, "FAILED");
    assert.ok(second.clock.now() - start < SECOND);
    await second.close();
  });

  it("that do not understand EDNS are asked without it (RFC 6891 §7)", async () => {
    const { ask, asked, close } = await scene([
      (question) => [
        question.hasEdns
          ? concat([twoBytes(question.id), twoBytes(code(1)), new Uint8Array(8)])
          : reply(question, { answers: [a(question.name, "10.0.0.7")] }),
      ],
    ]);
    assert.deepEqual((await ask("a.test")).addresses, ["10.0.0.7"]);
    assert.deepEqual(
      asked[0]?.map(({ hasEdns }) => hasEdns),
      [true, false],
    );
    await close();
  });

  it("that write all letters small are believed in the last round", async () => {
    const { ask, client, close } = await scene([
      (question) => {
        const section = concat([wireName(question.name.toLowerCase()), twoBytes(question.type), twoBytes(1)]);
        return [reply(question, { section, answers: [a(question.name, "10.0.0.7")] })];
      },
    ]);
    assert.deepEqual((await ask("www.example.test")).addresses, ["10.0.0.7"]);
    assert.equal(client.counters().DnsInWrongQuestion, 2);
    await close();
  });
});

describe("answers that are not to be believed", () => {
  const truth = "10.0.0.7";
  /** What a liar says in front of the truth, and the counter that tells. */
  const lies: Record<string, { says: (question: Question) => Uint8Array; counter: string }> = {
    "with another id": {
      says: (question) => reply(question, { id: question.id ^ 1, answers: [a(question.name, "10.6.6.6")] }),
      counter: "DnsInWrongId",
    },
    "to another question": {
      says: (question) => {
        const section = concat([wireName("bank.test"), twoBytes(1), twoBytes(1)]);
        return reply(question, { section, answers: [a("bank.test", "10.6.6.6")] });
      },
      counter: "DnsInWrongQuestion",
    },
    "of another type": {
      says: (question) => {
        const section = question.section.slice();
        section[section.length - 3] = 28;
        return reply(question, { section });
      },
      counter: "DnsInWrongQuestion",
    },
    "in which letters have another case": {
      says: (question) => {
        const section = question.section.slice();
        for (let i = 1; i < section.length - 5; i++)
          if ((section[i] ?? 0) >= 0x41) section[i] = (section[i] ?? 0) ^ 0x20;
        return reply(question, { section, answers: [a(question.name, "10.6.6.6")] });
      },
      counter: "DnsInWrongQuestion",
    },
    "that are questions": { says: (question) => reply(question, { bits: 0x0100 }), counter: "DnsInMalformed" },
    "that are cut off": { says: (question) => reply(question).slice(0, 20), counter: "DnsInMalformed" },
    "that are nothing": { says: () => new Uint8Array(0), counter: "DnsInMalformed" },
    "with a name that refers to itself": {
      says: (question) => {
        const message = reply(question, { answers: [a(question.name, "10.6.6.6")] });
        const at = 12 + question.section.length;
        return concat([message.subarray(0, at), Uint8Array.of(0xc0, at), new Uint8Array(10)]);
      },
      counter: "DnsInMalformed",
    },
    "with a record that reaches beyond them": {
      says: (question) => {
        const message = reply(question, { answers: [a(question.name, "10.6.6.6")] });
        message[message.length - 5] = 200;
        return message;
      },
      counter: "DnsInMalformed",
    },
    "with an address of another length": {
      says: (question) =>
        reply(question, {
          answers: [
            concat([
              wireName(question.name),
              twoBytes(1),
              twoBytes(1),
              new Uint8Array(4),
              twoBytes(3),
              new Uint8Array(3),
            ]),
          ],
        }),
      counter: "DnsInMalformed",
    },
    "that are larger than there is room for": {
      says: (question) => reply(question, { raw: new Uint8Array(5000) }),
      counter: "DnsInTooLong",
    },
  };

  for (const [what, { says: lie, counter }] of Object.entries(lies)) {
    it(`${what} are counted and change nothing: the true one that follows is found`, async () => {
      const { ask, client, close } = await scene([
        (question) => [lie(question), reply(question, { answers: [a(question.name, truth)] })],
      ]);
      const { outcome, addresses } = await ask("www.example.test");
      assert.deepEqual([outcome, addresses], ["FOUND", [truth]]);
      assert.equal(client.counters()[counter], 1, counter);
      await close();
    });
  }

  it("from somebody who was not asked are counted and change nothing", async () => {
    let spoof: ((question: Question) => void) | null = null;
    const { ask, client, servers, close } = await scene(
      [
        (question) => {
          spoof?.(question);
          return [];
        },
        says(truth),
      ],
      { nameServers: ["10.0.0.2"] },
    );
    const socket = await (servers[1] as Stack).udp({ port: 5353 });
    spoof = (question) => {
      void socket.send(reply(question, { answers: [a(question.name, "10.6.6.6")] }), OURS, question.port);
    };
    assert.equal((await ask("a.test")).outcome, "TIMED_OUT");
    assert.equal(client.counters().DnsInWrongSource, 3);
    await close();
  });
});

describe("an answer that does not fit", () => {
  it("is asked for over TCP", async () => {
    const big = (question: Question): Uint8Array =>
      reply(question, { answers: Array.from({ length: 120 }, (_, i) => a(question.name, `10.1.0.${i}`)) });
    const { ask, client, servers, close } = await scene([(question) => [reply(question, { bits: code(0) | 0x200 })]]);
    const listener = await (servers[0] as Stack).listen({ port: 53 });
    void (async () => {
      const connection = await listener.accept();
      let came = Buffer.alloc(0);
      while (came.length < 2 || came.length < 2 + came.readUInt16BE(0)) {
        const piece = await connection.read();
        if (piece === null) break;
        came = Buffer.concat([came, piece]);
      }
      const message = big(readQuestion(came.subarray(2), OURS, 0));
      await connection.write(concat([twoBytes(message.length), message]));
    })();
    const { outcome, addresses } = await ask("many.test");
    assert.equal(outcome, "FOUND");
    assert.deepEqual(addresses, [
      "10.1.0.0",
      "10.1.0.1",
      "10.1.0.2",
      "10.1.0.3",
      "10.1.0.4",
      "10.1.0.5",
      "10.1.0.6",
      "10.1.0.7",
    ]);
    assert.equal(client.counters().DnsOutOverTcp, 1);
    await close();
  });

  it("fails when nobody listens there, and the next server is asked", async () => {
    const { ask, close } = await scene([(question) => [reply(question, { bits: code(0) | 0x200 })], says("10.0.0.7")]);
    assert.deepEqual((await ask("many.test")).addresses, ["10.0.0.7"]);
    await close();
  });
});
