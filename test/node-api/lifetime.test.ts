// What keeps a process alive and what lets it end: the same with Node's own sockets and with ours, each in a process of
// its own.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runOwn } from "../host/own-process.ts";

const HOST = new URL("../../host/index.ts", import.meta.url).href;

const NODE = `
  import net from "node:net";
  import dgram from "node:dgram";
  const [client, host] = [{ net, dgram }, "127.0.0.1"];
  const server = client;
`;
const THIMBLE = `
  import { createCable, createStack } from ${JSON.stringify(HOST)};
  const { left, right } = createCable();
  const client = await createStack({ wires: [{ wire: left, address: "10.0.0.1/24" }] });
  const server = await createStack({ wires: [{ wire: right, address: "10.0.0.2/24" }] });
  const host = "10.0.0.2";
`;
const LISTEN = `
  const listener = server.net.createServer((far) => onConnection(far));
  const port = await new Promise((resolve) => listener.listen(0, host, () => resolve(listener.address().port)));
`;
/** An end that comes from outside: what is still alive by then says so. */
const ALIVE = `setTimeout(() => { console.log("still alive"); process.exit(0); }, 400).unref();`;

const PROCESSES: Record<string, string> = {
  "without a socket": `new client.net.Socket(); client.net.createServer(); client.dgram.createSocket("udp4"); ${ALIVE}`,
  "with a server that listens": `const onConnection = () => {}; ${LISTEN} ${ALIVE}`,
  "with a server that is unreferenced": `const onConnection = () => {}; ${LISTEN} listener.unref(); ${ALIVE}`,
  "with a connection that reads": `
    const onConnection = () => {};
    ${LISTEN}
    listener.unref();
    client.net.connect(port, host, function () { this.resume(); });
    ${ALIVE}`,
  "with connections that are unreferenced": `
    const onConnection = (far) => far.unref();
    ${LISTEN}
    listener.unref();
    client.net.connect(port, host, function () { this.unref(); });
    ${ALIVE}`,
  "with a connection that is paused": `
    const onConnection = (far) => far.unref();
    ${LISTEN}
    listener.unref();
    client.net.connect(port, host).pause();
    ${ALIVE}`,
  "until what was written has arrived": `
    const onConnection = async (far) => {
      listener.close();
      let bytes = 0;
      for await (const piece of far) bytes += piece.length;
      console.log(bytes);
    };
    ${LISTEN}
    client.net.connect(port, host).end(Buffer.alloc(1e6));`,
  "with a timeout alone": `
    const onConnection = (far) => far.unref();
    ${LISTEN}
    listener.unref();
    client.net.connect(port, host, function () { this.unref(); this.setTimeout(200, () => console.log("timeout")); });
    ${ALIVE}`,
  "with a datagram socket that is bound": `server.dgram.createSocket("udp4").bind(0); ${ALIVE}`,
  "with a datagram socket that is unreferenced": `server.dgram.createSocket("udp4").unref().bind(0); ${ALIVE}`,
};

describe("a process lives as it does with Node's own sockets", { concurrency: 2 }, () => {
  for (const [name, body] of Object.entries(PROCESSES)) {
    it(name, async () => {
      const expected = await runOwn(NODE + body);
      assert.equal(expected.status, 0);
      assert.deepEqual(await runOwn(THIMBLE + body), expected);
    });
  }
});
