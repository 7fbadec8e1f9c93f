// Bulk once more, as an application has it: stacks of the package, promises, real time.

import { createStack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import type { Benchmark, Trial } from "./benchmark.ts";
import { Payload } from "./payload.ts";
import { SEGMENT_BYTES } from "./streams.ts";

const PORT = 7002;
const ADDRESS = "10.0.0.2";

export const promises: Benchmark = {
  name: "bulk-promises",
  title: "the same through createStack, write and read, in real time",
  payloadBytes: SEGMENT_BYTES,
  operations: 90_000,
  prepare: promiseTrial,
};

async function promiseTrial(module: WebAssembly.Module): Promise<Trial> {
  const cable = createCable();
  const left = await createStack({ wires: [{ wire: cable.left, address: "10.0.0.1/24" }], wasm: module });
  const right = await createStack({ wires: [{ wire: cable.right, address: `${ADDRESS}/24` }], wasm: module });
  const listener = await right.listen({ port: PORT });
  const accepted = listener.accept();
  const near = await left.connect({ address: ADDRESS, port: PORT });
  const far = await accepted;
  // One write is 64 KB, as from a file.
  const payload = new Payload(SEGMENT_BYTES, 44);
  const { block } = payload;
  let written = 0;
  let received = 0;

  const write = async (end: number): Promise<void> => {
    while (written < end) {
      const start = written % block.length;
      const data = block.subarray(start, start + end - written);
      await near.write(data);
      written += data.length;
    }
  };
  const read = async (end: number): Promise<void> => {
    while (received < end) {
      const data = await far.read();
      if (data === null) throw new Error("The stream has ended.");
      payload.check(received, Buffer.from(data.buffer, data.byteOffset, data.length), 0, data.length);
      received += data.length;
    }
  };
  return {
    run: async (segments) => {
      const end = received + segments * SEGMENT_BYTES;
      await Promise.all([write(end), read(end)]);
    },
    end: async () => {
      await Promise.all([left.close({ linger: 0 }), right.close({ linger: 0 })]);
    },
  };
}
