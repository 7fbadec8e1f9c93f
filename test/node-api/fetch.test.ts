// `stack.fetch`, `stack.dispatcher`, the agents and `stack.serve`: HTTP without a word about sockets.

import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import * as https from "node:https";
import { after, before, describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { request as undiciRequest } from "undici";
import type { Stack } from "../../host/stack.ts";
import { CERTIFICATE, KEY } from "./certificate.ts";
import { Machines, NAME } from "./machines.ts";

const BODY = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => i * 11));
/** Nobody listens here. Port 9 and its like `fetch` does not even try. */
const CLOSED = 4321;
const TRUST = { ca: CERTIFICATE };

describe("HTTP over a stack", () => {
  let machines: Machines;
  let client: Stack;

  before(async () => {
    machines = await Machines.start();
    client = machines.client;
  });

  after(() => machines.stop());

  const serve: Machines["serve"] = (...args) => machines.serve(...args);

  const mirror: http.RequestListener = (request, response) => {
    response.setHeader("x-request", `${request.method} ${request.url} ${request.httpVersion}`);
    response.setHeader("content-type", request.headers["content-type"] ?? "application/octet-stream");
    request.pipe(response);
  };

  it("fetch gets and posts, by name, by address and by IPv6 address", async () => {
    const port = await serve(http.createServer(mirror));
    for (const host of [NAME, "10.0.0.2", "[fd00::2]"]) {
      const response = await client.fetch(`http://${host}:${port}/path?query`, { method: "POST", body: BODY });
      assert.equal(response.headers.get("x-request"), "POST /path?query 1.1");
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(BODY));
    }
  });

  it("fetch takes what the platform's fetch takes: Request, FormData, streams, an AbortSignal", async () => {
    const port = await serve(http.createServer(mirror));
    const url = `http://${NAME}:${port}/`;
    const form = new FormData();
    form.set("field", "value");
    const mirrored = await (await client.fetch(new Request(url, { method: "POST", body: form }))).formData();
    assert.equal(mirrored.get("field"), "value");
    const body = new Blob(["from a ", "stream"]).stream();
    const streamed = await client.fetch(url, { method: "PUT", body, duplex: "half" } as RequestInit);
    assert.equal(await streamed.text(), "from a stream");
    const never = await serve(http.createServer(() => {}));
    const signal = AbortSignal.timeout(30);
    await assert.rejects(client.fetch(`http://${NAME}:${never}/`, { signal }), { name: "TimeoutError" });
  });

  it("fetch follows redirects, and decodes what is compressed", async () => {
    const port = await serve(
      http.createServer((request, response) => {
        if (request.url === "/old") response.writeHead(302, { location: "/new" }).end();
        else response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("arrived"));
      }),
    );
    const response = await client.fetch(`http://${NAME}:${port}/old`);
    assert.deepEqual([response.redirected, await response.text()], [true, "arrived"]);
  });

  it("fetch uses a connection again, and takes port 80 for http:", async () => {
    let connections = 0;
    const above = http.createServer((_request, response) => response.end("ok")).on("connection", () => connections++);
    await serve(above, 80);
    for (let i = 0; i < 5; i++) {
      assert.equal(await (await client.fetch(`http://${NAME}/`)).text(), "ok");
      await setImmediate(); // the text is there a moment before the connection is free
    }
    assert.equal(connections, 1);
  });

  it("fetch tells why it failed: nobody listens, no such name, a certificate that nobody trusts", async () => {
    const cause = (code: string) => (error: Error) => (error.cause as { code: string }).code === code;
    await assert.rejects(client.fetch(`http://10.0.0.2:${CLOSED}/`), cause("ECONNREFUSED"));
    await assert.rejects(client.fetch("http://no.such.name/"), cause("ENOTFOUND"));
    const port = await serve(https.createServer({ key: KEY, cert: CERTIFICATE }, mirror));
    await assert.rejects(client.fetch(`https://${NAME}:${port}/`), cause("DEPTH_ZERO_SELF_SIGNED_CERT"));
    await assert.rejects(client.fetch(`https://10.0.0.2:${CLOSED}/`), cause("ECONNREFUSED"));
  });

  it("a connection that nobody answers ends after connectTimeout", async () => {
    const dispatcher = await client.dispatcher({ connectTimeout: 50 });
    for (const [url, code] of [
      ["http://nobody/", "ETIMEDOUT"],
      ["https://nobody/", "UND_ERR_CONNECT_TIMEOUT"],
    ]) {
      const given = client.fetch(url, { dispatcher });
      await assert.rejects(given, (error: Error) => (error.cause as { code: string }).code === code);
    }
    await dispatcher.destroy();
    const left = client.sockets().filter(({ remoteAddress }) => remoteAddress === "10.0.0.99");
    assert.deepEqual(left, []);
  });

  it("fetch gets https: with a certificate that dispatcher({ tls }) trusts, by HTTP/1.1 and by HTTP/2", async () => {
    const above = http2.createSecureServer({ key: KEY, cert: CERTIFICATE, allowHTTP1: true }, (request, response) => {
      response.setHeader("x-version", request.httpVersion);
      response.end(BODY);
    });
    const port = await serve(above);
    for (const [allowH2, version] of [
      [false, "1.1"],
      [true, "2.0"],
    ] as const) {
      const dispatcher = await client.dispatcher({ tls: TRUST, allowH2 });
      const response = await client.fetch(`https://${NAME}:${port}/`, { dispatcher });
      assert.equal(response.headers.get("x-version"), version);
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(BODY));
      await dispatcher.close();
    }
  });

  it("undici's own functions go over the dispatcher, many requests at once", async () => {
    const port = await serve(http.createServer(mirror));
    const dispatcher = await client.dispatcher({ connections: 4, pipelining: 2 });
    const ask = async (i: number): Promise<string> => {
      const { body } = await undiciRequest(`http://${NAME}:${port}/${i}`, { dispatcher, method: "POST", body: `${i}` });
      return body.text();
    };
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(i)));
    assert.deepEqual(
      answers,
      Array.from({ length: 40 }, (_, i) => `${i}`),
    );
    await dispatcher.close();
  });

  it("http.request and https.request go over the agents, which keep connections", async () => {
    let connections = 0;
    const plain = await serve(http.createServer(mirror).on("connection", () => connections++));
    const secure = await serve(https.createServer({ key: KEY, cert: CERTIFICATE }, mirror));
    const agent = client.httpAgent({ keepAlive: true, maxSockets: 1 });
    const secureAgent = client.httpsAgent({ keepAlive: true, ca: CERTIFICATE });
    for (let i = 0; i < 3; i++) {
      const request = http.request(`http://${NAME}:${plain}/${i}`, { agent, method: "POST" }).end("plain");
      assert.equal(await textOf(request), "plain");
      const options = { agent: secureAgent, method: "POST" };
      assert.equal(await textOf(https.request(`https://${NAME}:${secure}/${i}`, options).end("secret")), "secret");
    }
    assert.equal(connections, 1);
    for (const used of [agent, secureAgent]) used.destroy();
    await assert.rejects(once(http.get(`http://10.0.0.2:${CLOSED}/`, { agent }), "response"), { code: "ECONNREFUSED" });
    const refused = https.get(`https://10.0.0.2:${CLOSED}/`, { agent: secureAgent });
    await assert.rejects(once(refused, "response"), { code: "ECONNREFUSED" });
  });

  it("serve says when a port is taken", async () => {
    const port = await serve(http.createServer());
    await assert.rejects(machines.server.serve(http.createServer(), { port }), {
      code: "EADDRINUSE",
      syscall: "listen",
    });
  });

  it("serve listens until its signal says otherwise", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const listener = await machines.server.serve(http.createServer(), { port: CLOSED, signal });
    controller.abort();
    await once(listener, "close");
    await assert.rejects(machines.server.serve(http.createServer(), { port: CLOSED, signal }), { name: "AbortError" });
  });
});

async function textOf(request: http.ClientRequest): Promise<string> {
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
