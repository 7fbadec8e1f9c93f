// The web server inside the module: what it answers to every kind of request, how connections go on and end, and who has to
// make room for whom. Two machines on a cable, in virtual time.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { pageOfBytes, type WebPage, type WebReport, type WebServer } from "../../host/applications/web-server.ts";
import type { VirtualClock } from "../../host/clock.ts";
import type { TcpConnection } from "../../host/socket/tcp-connection.ts";
import { assertEmpty, discard, noise, type Pair, RIGHT, rejectsWith, virtualPair } from "../host/pair.ts";
import { type Answer, AnswerReader, request } from "./http-client.ts";

const PORT = 80;
const TEXT = "0123456789abcdefghijklmnopqrstuvwxyz";
const TAG = 0x1234_5678_9abc_def0n;
const BIG = noise(300_000);

/** More than both machines have buffers for. */
const HUGE = 4_000_000;

const PAGES: Record<string, WebPage> = {
  "/huge": { size: HUGE, type: "text/plain", read: (target) => target.fill(0x68).length },
  "/text": pageOfBytes(Buffer.from(TEXT), "text/plain; charset=utf-8", TAG),
  "/untagged": pageOfBytes(Buffer.from(TEXT), "text/plain"),
  "/big": pageOfBytes(BIG, "application/octet-stream"),
  "/empty": pageOfBytes(new Uint8Array(0), "text/html"),
  "/short": { size: 5000, type: "text/html", read: (target, place) => (place < 2000 ? target.fill(1).length : 0) },
};

let pair: Pair<VirtualClock>;
let server: WebServer;
let reports: WebReport[];

beforeEach(async () => {
  pair = await virtualPair({ delay: 1000 });
  reports = [];
  server = await pair.right.serveWeb({
    page: ({ target }) => {
      if (target === "/broken") throw new Error("the disk is gone");
      if (target === "/later") return new Promise((resolve) => setImmediate(() => resolve(PAGES["/text"] ?? null)));
      return PAGES[target.split("?")[0] ?? ""] ?? null;
    },
    onReport: (report) => reports.push(report),
  });
});

afterEach(() => discard(pair));

function connect(): Promise<TcpConnection> {
  return pair.clock.settle(pair.left.connect({ address: RIGHT, port: PORT }));
}

/** Sends all of `text` in one write, and reads as many answers; `heads` tells which were to HEAD. */
async function exchange(text: string, count = 1, heads: readonly number[] = []): Promise<Answer[]> {
  const connection = await connect();
  await pair.clock.settle(connection.write(Buffer.from(text, "latin1")));
  const answers = await readAnswers(connection, count, heads);
  connection.abort();
  return answers;
}

async function readAnswers(connection: TcpConnection, count: number, heads: readonly number[] = []): Promise<Answer[]> {
  const reader = new AnswerReader(connection);
  const answers: Answer[] = [];
  for (let i = 0; i < count; i++) {
    const answer = await pair.clock.settle(reader.next(heads.includes(i)));
    if (answer) answers.push(answer);
  }
  return answers;
}

async function answerTo(text: string): Promise<Answer> {
  const [answer] = await exchange(text, 1, text.startsWith("HEAD") ? [0] : []);
  assert.ok(answer, "the connection ended without an answer");
  return answer;
}

describe("the web server", () => {
  it("sends a page with its length, type and validator", async () => {
    const answer = await answerTo(request("/text?with=query"));
    assert.deepEqual(answer, {
      status: 200,
      reason: "OK",
      fields: {
        "content-length": "36",
        "content-type": "text/plain; charset=utf-8",
        "accept-ranges": "bytes",
        etag: '"123456789abcdef0"',
      },
      body: TEXT,
    });
    pair.clock.runUntil(pair.clock.now() + 10_000);
    const [{ time, remote, ...report } = assert.fail("no report")] = reports;
    assert.deepEqual(report, { method: "GET", target: "/text?with=query", status: 200, bytes: 36, complete: true });
    assert.equal(remote.address, "10.0.0.1");
    assert.ok(time >= 0);
  });

  it("sends what is larger than any buffer, and an empty page", async () => {
    const big = await answerTo(request("/big"));
    assert.ok(Buffer.from(big.body, "latin1").equals(BIG));
    const empty = await answerTo(request("/empty"));
    assert.deepEqual([empty.status, empty.fields["content-length"]], [200, "0"]);
  });

  it("waits for a page that the host finds later", async () => {
    assert.equal((await answerTo(request("/later"))).body, TEXT);
  });

  it("answers HEAD with the same head and no body", async () => {
    const connection = await connect();
    await connection.write(request("/text", ["Connection: close"], "HEAD"));
    const reader = new AnswerReader(connection);
    const answer = await pair.clock.settle(reader.next(true));
    assert.deepEqual([answer?.status, answer?.fields["content-length"]], [200, "36"]);
    assert.equal(await pair.clock.settle(reader.rest()), "");
    const missing = await answerTo(request("/nothing", [], "HEAD"));
    assert.equal(missing.status, 404);
  });

  it("keeps a connection for further requests, and answers those that come together in their order", async () => {
    const paths = ["/text", "/nothing", "/empty", "/big", "/untagged"];
    const text = paths.map((path) => request(path)).join("");
    const answers = await exchange(text, paths.length);
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body.length]),
      [
        [200, 36],
        [404, "404 Not Found\r\n".length],
        [200, 0],
        [200, BIG.length],
        [200, 36],
      ],
    );
    assert.deepEqual(
      reports.map(({ target }) => target),
      paths,
    );
  });

  it("reads a request in whatever pieces it comes", async () => {
    const connection = await connect();
    const reader = new AnswerReader(connection);
    await connection.setNoDelay?.(true);
    for (const byte of request("/text", ["X-Long: ".padEnd(900, "x")])) {
      await pair.clock.settle(connection.write(byte));
      pair.clock.runUntil(pair.clock.now() + 2000);
    }
    assert.equal((await pair.clock.settle(reader.next()))?.body, TEXT);
    connection.abort();
  });

  it("closes when asked to, and when a peer of HTTP/1.0 did not ask to keep it", async () => {
    for (const text of [request("/text", ["Connection: x, CLOSE"]), "GET /text HTTP/1.0\r\n\r\n"]) {
      const connection = await connect();
      await connection.write(text);
      const reader = new AnswerReader(connection);
      assert.equal((await pair.clock.settle(reader.next()))?.fields.connection, "close");
      assert.equal(await pair.clock.settle(reader.rest()), "");
    }
    const old = "GET /text HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n";
    const answers = await exchange(old + old, 2);
    assert.deepEqual(
      answers.map(({ fields }) => fields.connection),
      ["keep-alive", "keep-alive"],
    );
  });

  it("takes a whole URL for the path in it, empty lines in front, and lines without CR", async () => {
    assert.equal((await answerTo(request("http://thimble:8080/text"))).status, 200);
    assert.equal((await answerTo(request("HTTP://thimble"))).status, 404);
    assert.equal((await answerTo(`\r\n\r\n${request("/text")}`)).status, 200);
    assert.equal((await answerTo("GET /text HTTP/1.1\nHost: thimble\n\n")).status, 200);
  });
});

describe("ranges and conditions", () => {
  const RANGES: [string, number, string, string][] = [
    ["bytes=0-3", 206, "0123", "bytes 0-3/36"],
    ["bytes=30-", 206, "uvwxyz", "bytes 30-35/36"],
    ["bytes=30-99", 206, "uvwxyz", "bytes 30-35/36"],
    ["bytes=-2", 206, "yz", "bytes 34-35/36"],
    ["bytes=-99", 206, TEXT, "bytes 0-35/36"],
    ["bytes=35-35", 206, "z", "bytes 35-35/36"],
    ["Bytes=0-0", 206, "0", "bytes 0-0/36"],
    ["bytes=36-", 416, "416 Range Not Satisfiable\r\n", "bytes */36"],
    ["bytes=-0", 416, "416 Range Not Satisfiable\r\n", "bytes */36"],
    ["bytes=99999999999999999999999-", 416, "416 Range Not Satisfiable\r\n", "bytes */36"],
    // What is no range, and several at once, are answered with all of the page.
    ["bytes=5-3", 200, TEXT, ""],
    ["bytes=0-1,3-4", 200, TEXT, ""],
    ["bytes=a-b", 200, TEXT, ""],
    ["bytes=-", 200, TEXT, ""],
    ["lines=0-3", 200, TEXT, ""],
  ];
  for (const [range, status, body, content] of RANGES) {
    it(`${range} is answered with ${status}`, async () => {
      const answer = await answerTo(request("/text", [`Range: ${range}`]));
      assert.deepEqual([answer.status, answer.body, answer.fields["content-range"] ?? ""], [status, body, content]);
    });
  }

  it("HEAD takes no range", async () => {
    const answer = await answerTo(request("/text", ["Range: bytes=0-3"], "HEAD"));
    assert.deepEqual([answer.status, answer.fields["content-length"]], [200, "36"]);
  });

  it("a page that the browser has is not sent again", async () => {
    const same = '"123456789abcdef0"';
    for (const tags of [same, `W/${same}`, `"other", ${same}`, `"0000000000000001", ${same}`]) {
      const answer = await answerTo(request("/text", [`If-None-Match: ${tags}`]));
      assert.deepEqual([answer.status, answer.body, answer.fields.etag], [304, "", same], tags);
    }
    assert.equal((await answerTo(request("/text", ['If-None-Match: "0000000000000001"']))).status, 200);
    assert.equal((await answerTo(request("/untagged", [`If-None-Match: ${same}`]))).status, 200);
  });

  it("a part is sent only of the page that is meant", async () => {
    const part = async (tag: string): Promise<number> =>
      (await answerTo(request("/text", [`If-Range: ${tag}`, "Range: bytes=0-3"]))).status;
    assert.equal(await part('"123456789abcdef0"'), 206);
    assert.equal(await part('"0000000000000001"'), 200);
    assert.equal(await part('W/"123456789abcdef0"'), 200);
    assert.equal(await part("Sat, 21 Nov 2026 21:00:00 GMT"), 200);
  });
});

describe("bad requests", () => {
  const HOST = "Host: thimble\r\n";
  const REFUSED: [string, string, number][] = [
    ["no version", `GET /text\r\n${HOST}\r\n`, 400],
    ["no HTTP", `GET /text FTP/1.1\r\n${HOST}\r\n`, 400],
    ["half a version", `GET /text HTTP/1\r\n${HOST}\r\n`, 400],
    ["two blanks", `GET  /text HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["an old version", `GET /text HTTP/0.9\r\n${HOST}\r\n`, 505],
    ["a version to come", `GET /text HTTP/2.0\r\n${HOST}\r\n`, 505],
    ["a target that is no path", `GET text HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a method with a bracket", `G(T /text HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a method that nobody knows", `FETCH /text HTTP/1.1\r\n${HOST}\r\n`, 501],
    ["a method in small letters", `get /text HTTP/1.1\r\n${HOST}\r\n`, 501],
    ["no host", "GET /text HTTP/1.1\r\n\r\n", 400],
    ["two hosts", `GET /text HTTP/1.1\r\n${HOST}${HOST}\r\n`, 400],
    ["a field without a colon", `GET /text HTTP/1.1\r\n${HOST}Field\r\n\r\n`, 400],
    ["a blank in front of the colon", `GET /text HTTP/1.1\r\n${HOST}Field : 1\r\n\r\n`, 400],
    ["a folded field", `GET /text HTTP/1.1\r\n${HOST}Field: 1\r\n 2\r\n\r\n`, 400],
    ["a CR alone", `GET /text HTTP/1.1\r\n${HOST}Field: 1\r2\r\n\r\n`, 400],
    ["a NUL", `GET /text HTTP/1.1\r\n${HOST}Field: \0\r\n\r\n`, 400],
    ["a length that is no number", `GET /text HTTP/1.1\r\n${HOST}Content-Length: 1x\r\n\r\n`, 400],
    ["a negative length", `GET /text HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`, 400],
    ["two lengths", `GET /text HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400],
    [
      "a length and a coding",
      `GET /text HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
    ],
    [
      "a coding and a length",
      `GET /text HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n`,
      400,
    ],
    ["a coding that we do not have", `GET /text HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip\r\n\r\n`, 501],
    ["a body that is too large", `GET /text HTTP/1.1\r\n${HOST}Content-Length: 65537\r\n\r\n`, 413],
    ["a body of endless length", `GET /text HTTP/1.1\r\n${HOST}Content-Length: ${"9".repeat(40)}\r\n\r\n`, 413],
    ["a target that is too long", `GET /${"x".repeat(600)} HTTP/1.1\r\n${HOST}\r\n`, 414],
    ["a method without end", `${"X".repeat(600)} / HTTP/1.1\r\n${HOST}\r\n`, 501],
    ["a host that is too long", `GET /text HTTP/1.1\r\nHost: ${"x".repeat(600)}\r\n\r\n`, 431],
    ["a name without end", `GET /text HTTP/1.1\r\n${HOST}${"x".repeat(600)}\r\n\r\n`, 431],
    ["a head without end", `GET /text HTTP/1.1\r\n${HOST}${"x: y\r\n".repeat(3000)}\r\n`, 431],
    ...["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"].map((method): [string, string, number] => [
      method,
      `${method} /text HTTP/1.1\r\n${HOST}\r\n`,
      405,
    ]),
  ];
  for (const [what, text, status] of REFUSED) {
    it(`${what}: ${status}, and the end of the connection`, async () => {
      const connection = await connect();
      await pair.clock.settle(connection.write(Buffer.from(text, "latin1")));
      const reader = new AnswerReader(connection);
      const answer = await pair.clock.settle(reader.next());
      assert.deepEqual([answer?.status, answer?.fields.connection], [status, "close"]);
      assert.equal(answer?.fields.allow, status === 405 ? "GET, HEAD" : undefined);
      assert.equal(await pair.clock.settle(reader.rest()), "");
      const { WebMalformed: malformed = 0, WebRefused: refused = 0 } = pair.right.counters();
      assert.equal(malformed + refused, 1);
    });
  }

  it("a page that the host cannot give is 500, and the connection goes on", async () => {
    const answers = await exchange(request("/broken") + request("/text"), 2);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [500, 200],
    );
  });

  it("a page that is shorter than was said breaks the connection off", async () => {
    const connection = await connect();
    await connection.write(request("/short"));
    await rejectsWith(pair.clock.settle(new AnswerReader(connection).next()), "ECONNRESET");
    assert.equal(reports[0]?.complete, false);
  });

  it("the body of a request is passed over", async () => {
    const body = ["Content-Length: 20"];
    const answers = await exchange(`${request("/text", body)}GET /nowhere HTTP/1.${request("/empty")}`, 2);
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body.length]),
      [
        [200, 36],
        [200, 0],
      ],
    );
  });

  it("behind a body in pieces the connection ends", async () => {
    const connection = await connect();
    await connection.write(`${request("/text", ["Transfer-Encoding: chunked"])}5\r\nhello\r\n0\r\n\r\n`);
    const reader = new AnswerReader(connection);
    assert.equal((await pair.clock.settle(reader.next()))?.fields.connection, "close");
    assert.equal(await pair.clock.settle(reader.rest()), "");
  });
});

describe("slow peers", () => {
  const SECOND = 1_000_000;

  it("who takes longer than ten seconds over a head is answered 408", async () => {
    const connection = await connect();
    const reader = new AnswerReader(connection);
    const answer = reader.next();
    for (let i = 0; i < 12; i++) {
      if (i < 10) await connection.write("X");
      pair.clock.runUntil(pair.clock.now() + SECOND);
    }
    assert.equal((await pair.clock.settle(answer))?.status, 408);
    assert.equal(pair.right.counters().WebSlow, 1);
  });

  it("an idle connection ends without a word", async () => {
    const connection = await connect();
    await connection.write(request("/text"));
    const reader = new AnswerReader(connection);
    await pair.clock.settle(reader.next());
    const began = pair.clock.now();
    assert.equal(await pair.clock.settle(reader.rest()), "");
    assert.ok(pair.clock.now() - began > 29 * SECOND);
    await pair.clock.settle(connection.close());
    pair.clock.runUntil(pair.clock.now() + SECOND);
    assertEmptyBut(1);
  });

  it("who does not take the answer is given up after thirty seconds", async () => {
    const connection = await connect();
    await connection.write(request("/huge"));
    pair.clock.runUntil(pair.clock.now() + 60 * SECOND);
    assert.equal(reports[0]?.complete, false);
    assertEmptyBut(1);
    connection.abort();
  });

  it("when all places are taken, who has been idle or slow longest makes room", async () => {
    const places = Number(pair.right.core.constants.WEB_CONNECTIONS);
    const slow: TcpConnection[] = [];
    for (let i = 0; i < places; i++) {
      const connection = await connect();
      await connection.write("GET /slow HTTP/1.1\r\n");
      slow.push(connection);
    }
    const first = slow[0] ?? assert.fail("no places");
    assert.equal((await answerTo(request("/text"))).status, 200);
    await rejectsWith(pair.clock.settle(first.read()), "ECONNRESET");
    assert.equal(pair.right.counters().WebEvicted, 1);
    for (const connection of slow) connection.abort();
  });
});

describe("the server as a whole", () => {
  it("shows its sockets as its own, and none of them to the host", async () => {
    const connection = await connect();
    await connection.write(request("/text"));
    await readAnswers(connection, 1);
    const owners = pair.right.sockets().map(({ state, owner }) => [state, owner]);
    assert.deepEqual(owners, [
      ["LISTEN", 0x1000002],
      ["ESTABLISHED", 0x1000002],
    ]);
    connection.abort();
  });

  it("closes: the port is free, idle connections end, and it can be opened again", async () => {
    const connection = await connect();
    await connection.write(request("/text"));
    await readAnswers(connection, 1);
    await rejectsWith(pair.right.serveWeb(), "EALREADY", "serveWeb");
    await server.close();
    assert.equal(await pair.clock.settle(connection.read()), null);
    await pair.clock.settle(connection.close());
    pair.clock.runUntil(pair.clock.now() + 1_000_000);
    assertEmpty(pair.right);
    server = await pair.right.serveWeb();
    assert.equal((await answerTo(request("/text"))).status, 404);
  });

  it("says that a profile has none", async () => {
    const { createStack, createCable } = await import("../../host/index.ts");
    const stack = await createStack({ wires: [{ wire: createCable().left, address: "10.0.0.9/24" }], profile: "tiny" });
    await rejectsWith(stack.serveWeb(), "EOPNOTSUPP", "serveWeb");
    await stack.close({ linger: 0 });
  });
});

/** That the right machine has so many sockets left, listeners among them. */
function assertEmptyBut(sockets: number): void {
  const open = pair.right.sockets().filter(({ state }) => state !== "TIME_WAIT");
  assert.equal(open.length, sockets, JSON.stringify(open.map(({ state }) => state)));
}
