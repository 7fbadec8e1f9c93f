// What keeps a process alive and what lets it end, each in a process of its own, in real time.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runOwn } from "./own-process.ts";

const HOST = new URL("../../host/index.ts", import.meta.url).href;

const BEGIN = `
  import { createCable, createStack } from ${JSON.stringify(HOST)};
  const { left, right } = createCable();
  const a = await createStack({ wires: [{ wire: left, address: "10.0.0.1/24" }] });
  const b = await createStack({ wires: [{ wire: right, address: "10.0.0.2/24" }] });
`;

const run = (body: string): ReturnType<typeof runOwn> => runOwn(BEGIN + body);

describe("a process", { concurrency: 2 }, () => {
  it("ends while stacks without sockets are there", async () => {
    assert.deepEqual(await run(`await a.ping("10.0.0.2"); console.log("done");`), { status: 0, output: "done\n" });
  });

  it("lives while a port is open, and ends once it is closed", async () => {
    const body = `
      const listener = await b.listen({ port: 7 });
      const started = performance.now();
      setTimeout(() => {
        console.log(performance.now() - started > 290);
        listener.close();
      }, 300);
    `;
    assert.deepEqual(await run(body), { status: 0, output: "true\n" });
    const unref = `await b.listen({ port: 7 }); setTimeout(() => process.exit(5), 300).unref();`;
    assert.equal((await run(unref)).status, 5);
  });

  it("lives until what was written before a close has arrived", async () => {
    const body = `
      const listener = await b.listen({ port: 7 });
      listener.accept().then(async (connection) => {
        listener.close();
        let bytes = 0;
        for await (const piece of connection) bytes += piece.length;
        console.log(bytes);
        await connection.close();
      });
      const connection = await a.connect({ address: "10.0.0.2", port: 7 });
      await connection.write(new Uint8Array(1e6));
      await connection.close();
    `;
    assert.deepEqual(await run(body), { status: 0, output: "1000000\n" });
  });

  it("ends after close also when a peer is silent", async () => {
    const body = `
      const listener = await b.listen({ port: 7 });
      const accepted = listener.accept();
      await a.connect({ address: "10.0.0.2", port: 7 });
      await accepted;
      left.close();
      await Promise.all([a.close({ linger: 200 }), b.close({ linger: 200 })]);
      console.log("closed");
    `;
    assert.deepEqual(await run(body), { status: 0, output: "closed\n" });
  });
});
