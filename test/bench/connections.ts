// Connections one after the other: opened, one byte each way, closed by the client, which keeps the TIME-WAIT.

import { SocketKind } from "../../assembly/abi/sockets.ts";
import { State, Status } from "../../assembly/abi/status.ts";
import type { Benchmark, Trial } from "./benchmark.ts";
import type { Machine } from "./machine.ts";
import type { Pair } from "./pair.ts";

const PORT = 80;
const BACKLOG = 8;
const REQUEST = 0x3f;
const ANSWER = 0x21;
/** Microseconds from one connection to the next: within the 60 s of TIME-WAIT, 3,000 of its 4,096 records are used. */
const PAUSE = 20_000;

export function connections(name: string, create: typeof Pair.create): Benchmark {
  return {
    name,
    title: "open, 1 byte each way, close by the client; 3,000 in TIME-WAIT",
    operations: 50_000,
    prepare: async (module) => connectionTrial(await create(module)),
  };
}

/** `pause`: microseconds of virtual time from one connection to the next. */
export function connectionTrial(pair: Pair, pause = PAUSE): Trial {
  const { left: client, right: server } = pair;
  const listener = server.listen(PORT, BACKLOG);
  pair.connection(PORT + 1); // so that both know each other's Ethernet address
  const open = socketsOf(server);
  const run = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const near = client.socket(SocketKind.STREAM);
      client.connect(near, server, PORT);
      pair.turnLeft(); // SYN
      pair.turnRight(); // SYN,ACK
      pair.turnLeft(); // ACK
      sendByte(client, near, REQUEST);
      pair.turnLeft();
      pair.turnRight();
      const far = server.exports.accept(listener);
      takeByte(server, far, REQUEST);
      sendByte(server, far, ANSWER);
      pair.turnRight();
      pair.turnLeft();
      takeByte(client, near, ANSWER);
      client.close(near);
      pair.turnLeft(); // FIN
      pair.turnRight();
      if (server.recvPeek(far) !== 0) throw new Error("The client has closed, and the server sees no end.");
      server.close(far);
      pair.turnRight(); // FIN
      pair.turnLeft(); // ACK, TIME-WAIT
      pair.turnRight();
      pair.wait(pause);
    }
    const left = socketsOf(server) - open;
    if (left !== 0) throw new Error(`${left} connections are left over.`);
  };
  return { run };
}

function sendByte(machine: Machine, fd: number, byte: number): void {
  if (machine.sendRoom(fd) === 0) throw new Error("An open connection has no room for a byte.");
  machine.memory[machine.pointer] = byte;
  machine.sendCommit(fd, 1);
}

function takeByte(machine: Machine, fd: number, byte: number): void {
  const bytes = machine.recvPeek(fd);
  if (bytes !== 1 || machine.memory[machine.pointer] !== byte) throw new Error("Another byte came than was sent.");
  machine.recvConsume(fd, 1);
}

/** Sockets that are open, with those that are being closed; TIME-WAIT is to be there. */
function socketsOf({ core, exports }: Machine): number {
  let open = 0;
  for (let row = 0, found = exports.describe(row); found >= 0; found = exports.describe(++row)) {
    if (found > 0 && core.status(Status.STATE) !== State.TIME_WAIT) open++;
  }
  return open;
}
