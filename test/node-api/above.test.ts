// What stands on sockets stands on ours: Node's own http, https, tls and http2, unchanged, between two stacks.

import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import * as https from "node:https";
import type { Server, Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import * as tls from "node:tls";
import { CERTIFICATE, KEY } from "./certificate.ts";
import type { Stage } from "./scene.ts";
import { thimbleStage } from "./stages.ts";

const BODY = Buffer.from(Uint8Array.from({ length: 500_000 }, (_, i) => i * 7));
const SECRET = { key: KEY, cert: CERTIFICATE };
const TRUST = { ca: CERTIFICATE, servername: "thimble.test" };

interface Answer {
  status: number | undefined;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

async function bodyOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function answerTo(request: http.ClientRequest): Promise<Answer> {
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await bodyOf(response) };
}

describe("over stack.net", () => {
  let stage: Stage;
  const listeners: Server[] = [];

  before(async () => {
    stage = await thimbleStage();
  });

  after(async () => {
    for (const listener of listeners) listener.close();
    await stage.strike();
  });

  /**
   * A port of the server's machine, whose connections a server of a higher layer gets. As Node's servers of HTTP do it, an
   * end that comes in does not end what goes out.
   */
  async function serve(above: { emit(event: string, socket: Socket): unknown }): Promise<number> {
    const listener = stage.server.createServer(
      { allowHalfOpen: true },
      (socket) => void above.emit("connection", socket),
    );
    listeners.push(listener);
    listener.listen(0, stage.host);
    await once(listener, "listening");
    return (listener.address() as { port: number }).port;
  }

  function connectTo(port: number): () => Socket {
    return () => stage.client.connect(port, stage.host);
  }

  it("http asks and answers, with bodies both ways", async () => {
    const server = http.createServer(async (request, response) => {
      const body = await bodyOf(request);
      response.setHeader("x-method", `${request.method} ${request.url} ${request.socket.remoteAddress}`);
      response.end(body);
    });
    const port = await serve(server);
    const options = { method: "POST", path: "/echo", createConnection: connectTo(port), headers: { host: "x" } };
    const request = http.request(options).end(BODY);
    const { status, headers, body } = await answerTo(request);
    assert.deepEqual([status, headers["x-method"], body.equals(BODY)], [200, "POST /echo 10.0.0.1", true]);
  });

  it("an http agent keeps connections and uses them again", async () => {
    const server = http.createServer((_request, response) => response.end("ok"));
    let connections = 0;
    const port = await serve({ emit: (event, socket) => connections++ >= 0 && server.emit(event, socket) });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    Object.assign(agent, { createConnection: connectTo(port) });
    for (let i = 0; i < 5; i++) {
      const { status } = await answerTo(http.get({ agent, host: "thimble.test", path: `/${i}` }));
      assert.equal(status, 200);
    }
    agent.destroy();
    assert.equal(connections, 1);
  });

  it("http pipelines, waits for 100-continue, upgrades, and ends on time-outs", async () => {
    const server = http.createServer((_request, response) => response.end("plain"));
    server.on("checkContinue", async (request, response) => {
      response.writeContinue();
      response.end(`got ${(await bodyOf(request)).length}`);
    });
    server.on("upgrade", (_request, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      socket.pipe(socket);
    });
    const port = await serve(server);
    const raw = stage.client.connect(port, stage.host);
    raw.end("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert.equal((await bodyOf(raw)).toString().match(/200 OK/g)?.length, 2);

    const patient = http.request({
      method: "PUT",
      createConnection: connectTo(port),
      headers: { host: "x", expect: "100-continue" },
    });
    patient.flushHeaders();
    await once(patient, "continue");
    patient.end("content");
    assert.equal((await answerTo(patient)).body.toString(), "got 7");

    const upgrade = http.request({
      createConnection: connectTo(port),
      headers: { host: "x", connection: "upgrade", upgrade: "echo" },
    });
    upgrade.end();
    const [, socket] = (await once(upgrade, "upgrade")) as [unknown, Socket];
    socket.end("mirrored");
    assert.equal((await bodyOf(socket)).toString(), "mirrored");

    const silent = http.createServer(() => {});
    const slow = http.get({ createConnection: connectTo(await serve(silent)), headers: { host: "x" } });
    slow.setTimeout(30);
    await once(slow, "timeout");
    slow.destroy();
    await assert.rejects(once(slow, "response"), { code: "ECONNRESET" });
  });

  it("tls.connect over a socket, and a TLS server behind a listener", async () => {
    const server = tls.createServer(SECRET, (secure) => secure.pipe(secure));
    const port = await serve(server);
    const secure = tls.connect({ socket: connectTo(port)(), ...TRUST });
    await once(secure, "secureConnect");
    assert.deepEqual([secure.authorized, secure.getProtocol()], [true, "TLSv1.3"]);
    secure.end(BODY);
    assert.ok((await bodyOf(secure)).equals(BODY));
  });

  it("tls tells of a certificate that is not trusted, and of a connection that is reset", async () => {
    const server = tls.createServer(SECRET);
    const accepted = once(server, "secureConnection") as Promise<[tls.TLSSocket]>;
    server.on("tlsClientError", () => {}); // the client's distrust, which it tells of itself
    const port = await serve(server);
    const distrustful = tls.connect({ socket: connectTo(port)(), servername: "thimble.test" });
    await assert.rejects(once(distrustful, "secureConnect"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    const near = connectTo(port)();
    const secure = tls.connect({ socket: near, ...TRUST });
    await once(secure, "secureConnect");
    const [far] = await accepted;
    far.on("error", () => {}); // the reset, seen from the other side
    near.resetAndDestroy();
    await once(secure, "close");
  });

  it("https gets a page, also through an agent", async () => {
    const server = https.createServer(SECRET, (_request, response) => response.end(BODY));
    const port = await serve(server);
    const createConnection = (): tls.TLSSocket => tls.connect({ socket: connectTo(port)(), ...TRUST });
    const once1 = await answerTo(https.get({ createConnection, host: "thimble.test" }));
    assert.deepEqual([once1.status, once1.body.equals(BODY)], [200, true]);
    const agent = new https.Agent({ keepAlive: true });
    Object.assign(agent, { createConnection });
    for (let i = 0; i < 3; i++) {
      assert.equal((await answerTo(https.get({ agent, host: "thimble.test" }))).body.length, BODY.length);
    }
    agent.destroy();
  });

  it("http2 without TLS: many streams over one connection", async () => {
    const server = http2.createServer();
    server.on("stream", (stream, headers) => {
      stream.respond({ ":status": 200, "x-path": headers[":path"] });
      stream.pipe(stream);
    });
    const port = await serve(server);
    const session = http2.connect("http://thimble.test", { createConnection: connectTo(port) });
    const ask = async (i: number): Promise<boolean> => {
      const stream = session.request({ ":path": `/${i}`, ":method": "POST" });
      stream.end(BODY);
      const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
      return headers["x-path"] === `/${i}` && (await bodyOf(stream)).equals(BODY);
    };
    assert.deepEqual(await Promise.all([1, 2, 3, 4, 5, 6].map(ask)), Array(6).fill(true));
    session.close();
    await once(session, "close");
  });

  it("http2 over TLS, chosen by ALPN", async () => {
    const server = http2.createSecureServer(SECRET, (_request, response) => response.end(BODY));
    const port = await serve(server);
    const session = http2.connect("https://thimble.test", {
      createConnection: () => tls.connect({ socket: connectTo(port)(), ALPNProtocols: ["h2"], ...TRUST }),
    });
    const stream = session.request({ ":path": "/" });
    assert.ok((await bodyOf(stream)).equals(BODY));
    session.close();
    await once(session, "close");
  });
});
