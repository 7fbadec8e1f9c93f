// The browser inside the module: every way in which an answer can end, what it makes of answers that are no good, connections
// that serve again, and a body that is read slowly. Two machines on a cable, in virtual time.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type BrowseOptions, FetchError, type FetchedPage } from "../../host/applications/browser.ts";
import { pageOfBytes, type WebServer } from "../../host/applications/web-server.ts";
import type { VirtualClock } from "../../host/clock.ts";
import { InputError } from "../../host/errors.ts";
import { discard, noise, type Pair, RIGHT, rejectsWith, virtualPair } from "../host/pair.ts";

let pair: Pair<VirtualClock>;

beforeEach(async () => {
  pair = await virtualPair({ delay: 1000 });
});

afterEach(() => discard(pair));

function open(path: string, options?: BrowseOptions): Promise<FetchedPage> {
  return pair.clock.settle(pair.left.browse(path.startsWith("http") ? path : `http://${RIGHT}${path}`, options));
}

async function textOf(page: FetchedPage): Promise<string> {
  const pieces: Uint8Array[] = [];
  const all = (async () => {
    for await (const piece of page.body) pieces.push(piece);
  })();
  await pair.clock.settle(all);
  return Buffer.concat(pieces).toString("latin1");
}

/** A server that says the same whatever it is asked, `step` bytes at a time; what it was asked, one text for each connection. */
async function saying(answer: string, { step = 1e9, ends = true } = {}): Promise<string[]> {
  const asked: string[] = [];
  const listener = await pair.right.listen({ port: 80 });
  void (async () => {
    for await (const connection of listener) {
      const number = asked.push("") - 1;
      void (async () => {
        for await (const piece of connection) {
          asked[number] += Buffer.from(piece).toString("latin1");
          if (!asked[number]?.endsWith("\r\n\r\n")) continue;
          const bytes = Buffer.from(answer, "latin1");
          for (let at = 0; at < bytes.length; at += step) {
            await connection.write(bytes.subarray(at, at + step));
            if (step < 1e9) await new Promise<void>((resolve) => pair.clock.at(pair.clock.now() + 3000, resolve));
          }
          if (ends) await connection.end();
        }
      })().catch(() => {});
    }
  })().catch(() => {});
  return asked;
}

function rejectsAs(promise: Promise<unknown>, code: string): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof FetchError, `${error}`);
    assert.equal(error.code, code);
    return true;
  });
}

const OK = "HTTP/1.1 200 OK\r\n";

describe("the browser", () => {
  it("asks for a page, and reads its head and body", async () => {
    const asked = await saying(`${OK}Content-Length: 5\r\nX-Two: a\r\nX-Two: b\r\n\r\nhello`);
    const page = await open("/page?q=1");
    assert.deepEqual([page.status, page.url], [200, `http://${RIGHT}/page?q=1`]);
    assert.deepEqual(page.headers, { "content-length": "5", "x-two": "a, b" });
    assert.equal(await textOf(page), "hello");
    const lines = ["GET /page?q=1 HTTP/1.1", `Host: ${RIGHT}`, "User-Agent: thimble", "Accept: */*", "", ""];
    assert.deepEqual(asked, [lines.join("\r\n")]);
  });

  const BODIES: [string, string, string][] = [
    ["by its length", `${OK}Content-Length: 11\r\n\r\nhello world`, "hello world"],
    ["by the connection's end", `${OK}\r\nhello world`, "hello world"],
    ["in chunks", `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`, "hello world"],
    [
      "in chunks with extensions and trailers",
      `${OK}Transfer-Encoding: Chunked\r\n\r\n00B;a="b"\r\nhello world\r\n0 ;x\r\nA: b\r\nC: d\r\n\r\n`,
      "hello world",
    ],
    [
      "behind others that only announce it",
      `HTTP/1.1 103 Early\r\nLink: x\r\n\r\n${OK}Content-Length: 2\r\n\r\nhi`,
      "hi",
    ],
    ["of no bytes", `${OK}Content-Length: 0\r\n\r\n`, ""],
    ["of a status without a body", "HTTP/1.1 204 None\r\nContent-Length: 7\r\n\r\n", ""],
    ["of HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nold", "old"],
    ["with a status that has no words", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", "hi"],
    ["of a length that is said twice", `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi`, "hi"],
  ];
  for (const [what, answer, body] of BODIES) {
    it(`reads a body ${what}`, async () => {
      await saying(answer);
      assert.equal(await textOf(await open("/")), body);
    });

    it(`reads a body ${what}, byte by byte`, async () => {
      await saying(answer, { step: 1 });
      assert.equal(await textOf(await open("/")), body);
    });
  }

  it("asks for a head alone", async () => {
    const asked = await saying(`${OK}Content-Length: 5\r\n\r\n`, { ends: false });
    const page = await open("/", { method: "HEAD" });
    assert.equal(page.headers["content-length"], "5");
    assert.equal(await textOf(page), "");
    assert.match(asked[0] ?? "", /^HEAD \/ HTTP/);
  });

  const BAD: [string, string, string][] = [
    ["that is no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", "MALFORMED"],
    ["of another version", "HTTP/2.0 200 OK\r\n\r\n", "MALFORMED"],
    ["without a status", "HTTP/1.1 OK\r\n\r\n", "MALFORMED"],
    ["with a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", "MALFORMED"],
    ["that changes the protocol", "HTTP/1.1 101 Switch\r\n\r\n", "MALFORMED"],
    ["with a line that is no field", `${OK}nothing\r\n\r\n`, "MALFORMED"],
    ["with a NUL in its head", `${OK}A: \0\r\n\r\n`, "MALFORMED"],
    ["of two lengths", `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi`, "MALFORMED"],
    ["of a length that is none", `${OK}Content-Length: 0x2\r\n\r\nhi`, "MALFORMED"],
    ["of endless length", `${OK}Content-Length: ${"9".repeat(30)}\r\n\r\nhi`, "MALFORMED"],
    ["of a length and in chunks", `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, "MALFORMED"],
    ["in a coding", `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`, "CODING"],
    ["with a status line that is too long", `HTTP/1.1 200 ${"x".repeat(5000)}\r\n\r\n`, "TOO_LONG"],
    ["with a status line without end", `HTTP/1.1 200 ${"x".repeat(40_000)}`, "TOO_LONG"],
    ["with a head without end", `${OK}${"a: b\r\n".repeat(10_000)}`, "TOO_LONG"],
    ["that ends in its head", `${OK}Content-`, "TRUNCATED"],
    ["that does not come", "", "TRUNCATED"],
    ["that ends before its length", `${OK}Content-Length: 20\r\n\r\nhello`, "TRUNCATED"],
    ["that ends in a chunk", `${OK}Transfer-Encoding: chunked\r\n\r\n20\r\nhello`, "TRUNCATED"],
    ["with a chunk of no size", `${OK}Transfer-Encoding: chunked\r\n\r\nhello\r\n`, "MALFORMED"],
    ["with a chunk of endless size", `${OK}Transfer-Encoding: chunked\r\n\r\n${"f".repeat(16)}\r\n`, "MALFORMED"],
    ["with a chunk that goes on", `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n`, "MALFORMED"],
  ];
  for (const [what, answer, code] of BAD) {
    it(`refuses an answer ${what}: ${code}`, async () => {
      await saying(answer);
      const both = async (): Promise<string> => textOf(await open("/"));
      await rejectsAs(both(), code);
      assert.equal(pair.left.counters().FetchesFailed, 1);
    });
  }

  it("passes over a field that is too long for it", async () => {
    await saying(`${OK}X-Long: ${"x".repeat(5000)}\r\nContent-Length: 2\r\n\r\nhi`);
    assert.equal(await textOf(await open("/")), "hi");
  });

  it("says when nobody listens, and when the server is silent", async () => {
    await rejectsWith(open("/"), "ECONNREFUSED");
    await saying("", { ends: false });
    const began = pair.clock.now();
    await rejectsWith(open("/", { timeout: 2000 }), "ETIMEDOUT");
    assert.ok(pair.clock.now() - began >= 2_000_000);
  });

  it("gives a server up that falls silent in the middle of a page, however late the page is read", async () => {
    await saying(`${OK}Content-Length: 20\r\n\r\nhello`, { ends: false });
    const page = await open("/", { timeout: 2000 });
    pair.clock.runUntil(pair.clock.now() + 60_000_000);
    const began = pair.clock.now();
    await rejectsWith(textOf(page), "ETIMEDOUT");
    assert.ok(pair.clock.now() - began >= 2_000_000);
  });

  it("waits as long as it was told to, however long nothing has happened before", async () => {
    await saying(`${OK}Content-Length: 2\r\n\r\nhi`);
    pair.clock.runUntil(pair.clock.now() + 60_000_000);
    assert.equal(await textOf(await open("/", { timeout: 1000 })), "hi");
  });

  it("refuses what is no URL of its kind", async () => {
    for (const url of ["nothing", "https://10.0.0.2/", "ftp://10.0.0.2/"]) {
      await assert.rejects(pair.left.browse(url), InputError);
    }
  });
});

describe("several fetches", () => {
  const BIG = noise(2_000_000);

  let server: WebServer;

  async function serve(): Promise<void> {
    const big = pageOfBytes(BIG, "application/octet-stream");
    const small = pageOfBytes(Buffer.from("small"), "text/plain");
    server = await pair.right.serveWeb({
      page: ({ target }) => (target === "/big" ? big : target === "/small" ? small : null),
    });
  }

  beforeEach(serve);

  it("over one connection, when one follows the other", async () => {
    for (let i = 0; i < 3; i++) {
      assert.equal(await textOf(await open("/small")), "small");
      assert.equal((await textOf(await open("/none"))).length, 15);
    }
    assert.equal(pair.right.counters().WebConnections, 1);
    assert.equal(pair.right.counters().WebRequests, 6);
  });

  it("over a new one, when the server has closed the one that was kept", async () => {
    await textOf(await open("/small"));
    await server.close();
    pair.clock.runUntil(pair.clock.now() + 100_000);
    await serve();
    assert.equal(await textOf(await open("/small")), "small");
    assert.equal(pair.right.counters().WebConnections, 2);
  });

  it("once more, when the kept connection turns out to be closed", async () => {
    await textOf(await open("/small"));
    await server.close();
    await serve();
    assert.equal(await textOf(await open("/small")), "small");
    assert.equal(pair.left.counters().FetchesFailed, 0);
  });

  it("at once, as many as the profile has, and no more", async () => {
    const most = Number(pair.left.core.constants.FETCHES);
    const pages: FetchedPage[] = [];
    for (let i = 0; i < most; i++) pages.push(await open("/small"));
    await rejectsWith(pair.left.browse(`http://${RIGHT}/small`), "ENFILE");
    for (const page of pages) assert.equal(await textOf(page), "small");
    assert.equal(await textOf(await open("/small")), "small");
  });

  it("of a page that is larger than every buffer: the server waits for who reads", async () => {
    const page = await open("/big");
    pair.clock.runUntil(pair.clock.now() + 5_000_000);
    const [connection] = pair.left.sockets().filter(({ state }) => state === "ESTABLISHED");
    assert.ok((connection?.recvQ ?? 0) > 100_000, "the window is full");
    assert.ok((connection?.recvQ ?? 0) < 300_000);
    assert.ok(Buffer.from(await textOf(page), "latin1").equals(BIG));
  });

  it("who leaves off gives the fetch up", async () => {
    const page = await open("/big");
    const leave = async (): Promise<void> => {
      for await (const _ of page.body) return;
    };
    await pair.clock.settle(leave());
    pair.clock.runUntil(pair.clock.now() + 1_000_000);
    assert.equal(pair.left.memory().find(({ name }) => name === "FETCHES")?.used, 0);
  });
});

describe("pages that lead elsewhere", () => {
  it("are followed, and the connection serves again", async () => {
    const asked = await saying(`HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 3\r\n\r\nout`, {
      ends: false,
    });
    await rejectsAs(open("/first", { redirects: 3 }), "REDIRECTS");
    assert.equal(asked.length, 1);
    assert.deepEqual(
      [...(asked[0] ?? "").matchAll(/^GET (\S+)/gm)].map(([, path]) => path),
      ["/first", "/next", "/next", "/next"],
    );
  });

  it("are the answer where none are to be followed", async () => {
    await saying(`HTTP/1.1 301 Moved\r\nLocation: http://10.9.9.9/\r\nContent-Length: 0\r\n\r\n`);
    const page = await open("/", { redirects: 0 });
    assert.deepEqual([page.status, page.headers.location], [301, "http://10.9.9.9/"]);
    await textOf(page);
  });
});
