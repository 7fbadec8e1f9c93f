// UDP datagrams in one direction, in volleys as long as a socket's queue.

import { SocketKind } from "../../assembly/abi/sockets.ts";
import type { Benchmark, Trial } from "./benchmark.ts";
import type { Pair } from "./pair.ts";
import { Payload } from "./payload.ts";

const PORT = 7001;
/** So few bytes are compared in a loop of our own. */
const SMALL_BYTES = 64;

export function datagrams(name: string, bytes: number, create: typeof Pair.create): Benchmark {
  return {
    name,
    title: `UDP one way, ${bytes} bytes in a datagram`,
    operations: bytes > SMALL_BYTES ? 250_000 : 500_000,
    prepare: async (module) => datagramTrial(await create(module), bytes),
  };
}

export function datagramTrial(pair: Pair, bytes: number): Trial {
  const { left, right } = pair;
  const target = right.socket(SocketKind.DATAGRAM);
  right.bind(target, PORT);
  const source = left.socket(SocketKind.DATAGRAM);
  left.connect(source, right, PORT);
  const payload = new Payload(bytes);
  const volley = left.core.constants.DATAGRAM_QUEUE;
  let sent = 0;
  let received = 0;

  const send = (end: number): void => {
    for (; sent < end && left.sendRoom(source) > 0; sent++) {
      left.memory.set(payload.at(sent * bytes, bytes), left.pointer);
      left.sendCommit(source, bytes);
    }
  };
  const receive = (): void => {
    for (let ready = right.recvPeek(target); ready >= 0; ready = right.recvPeek(target), received++) {
      if (ready !== bytes) throw new Error(`A datagram of ${bytes} bytes came with ${ready}.`);
      if (bytes === SMALL_BYTES) payload.checkWords(received * bytes, right.core.u32, right.pointer, bytes);
      else payload.check(received * bytes, right.memory, right.pointer, bytes);
      right.recvConsume(target, ready);
    }
  };

  // The first datagram asks for the neighbor's address, which takes some turns.
  send(1);
  pair.until(() => {
    receive();
    return received === sent;
  }, "datagram");
  const run = (count: number): void => {
    const end = sent + count;
    while (received < end) {
      send(Math.min(end, sent + volley));
      pair.turnLeft();
      pair.turnRight();
      receive();
      if (received !== sent) throw new Error(`${sent - received} datagrams were lost on a cable that loses none.`);
    }
  };
  return { run };
}
