// The channel through which one thimble asks another: questions, wrong questions, sockets nobody listens on.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { type Answers, ask, findStacks, openControl, runtimeFolder, type StackCard } from "../../host/cli/control.ts";
import { Failure } from "../../host/cli/errors.ts";

let folder: string;
const before = process.env.XDG_RUNTIME_DIR;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "thimble-control-"));
  process.env.XDG_RUNTIME_DIR = folder;
});

afterEach(() => {
  if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
  else process.env.XDG_RUNTIME_DIR = before;
  rmSync(folder, { recursive: true, force: true });
});

function card(name: string, since = "2026-01-01T00:00:00.000Z"): StackCard {
  const address = "10.0.0.2/24";
  return { name, pid: process.pid, command: "serve", wire: "sim", addresses: [address], profile: "node", since };
}

function answers(name: string, since?: string): Answers {
  return {
    who: () => card(name, since),
    netstat: () => [{ row: 1 }],
    broken: () => {
      throw new Error("the stack has stopped");
    },
  };
}

// Sends raw bytes and resolves to everything that comes back within a moment.
function send(path: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.end(text));
    let got = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      got += chunk;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(got));
  });
}

describe("control channel", () => {
  test("lies in the user's runtime folder, which is for nobody else", async () => {
    const control = await openControl("serve", answers("serve"));
    assert.equal(runtimeFolder(), join(folder, "thimble"));
    assert.equal(control.path, join(folder, "thimble", `serve-${process.pid}.sock`));
    assert.equal(statSync(runtimeFolder()).mode & 0o777, 0o700);
    await control.close();
  });

  test("a folder that others may enter is closed to them", async () => {
    mkdirSync(runtimeFolder(), { mode: 0o755 });
    const control = await openControl("serve", answers("serve"));
    assert.equal(statSync(runtimeFolder()).mode & 0o777, 0o700);
    await control.close();
  });

  test("without a runtime folder it is one of the user's own under the temporary one", () => {
    delete process.env.XDG_RUNTIME_DIR;
    assert.match(runtimeFolder(), /[/\\]thimble-\d+$/);
  });

  test("answers a question", async () => {
    const control = await openControl("serve", answers("serve"));
    assert.deepEqual(await ask(control.path, "netstat"), [{ row: 1 }]);
    await control.close();
  });

  test("answers several lines on one connection, in order, however they are cut", async () => {
    const control = await openControl("serve", answers("serve"));
    const got = await send(control.path, '{"ask":"netstat"}\n{"ask":"who"}\n');
    const lines = got
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(lines, [{ ok: [{ row: 1 }] }, { ok: card("serve") }]);
    await control.close();
  });

  test("says what it cannot be asked", async () => {
    const control = await openControl("serve", answers("serve"));
    await assert.rejects(ask(control.path, "weather"), /cannot be asked for "weather", only for who, netstat, broken/);
    await assert.rejects(ask(control.path, "toString"), /cannot be asked for "toString"/);
    await assert.rejects(ask(control.path, "broken"), /the stack has stopped/);
    for (const nonsense of ["hello\n", "{}\n", '{"ask":7}\n', "[]\n", "null\n"]) {
      assert.match(await send(control.path, nonsense), /^\{"error":"A question is a line like/);
    }
    await control.close();
  });

  test("hangs up on a line without end", async () => {
    const control = await openControl("serve", answers("serve"));
    const got = await send(control.path, "x".repeat(100_000)).catch(() => "");
    assert.equal(got, "");
    assert.deepEqual(await ask(control.path, "netstat"), [{ row: 1 }]);
    await control.close();
  });

  test("closing removes the socket", async () => {
    const control = await openControl("serve", answers("serve"));
    await control.close();
    assert.equal(existsSync(control.path), false);
  });

  test("a path that is too long for a socket is said to be", async () => {
    process.env.XDG_RUNTIME_DIR = join(folder, "x".repeat(100));
    await assert.rejects(openControl("serve", answers("serve")), (error: Error) => {
      assert.ok(error instanceof Failure);
      return /too long for a Unix socket; set XDG_RUNTIME_DIR/.test(error.message);
    });
  });

  test("a runtime folder that cannot be made is said so", async () => {
    writeFileSync(runtimeFolder(), "");
    await assert.rejects(openControl("serve", answers("serve")), Failure);
  });
});

describe("finding stacks", () => {
  test("none where none was ever started", async () => {
    assert.deepEqual(await findStacks(), []);
  });

  test("all that answer, oldest first", async () => {
    const second = await openControl("b", answers("b", "2026-01-02T00:00:00.000Z"));
    const first = await openControl("a", answers("a", "2026-01-01T00:00:00.000Z"));
    assert.deepEqual(
      (await findStacks()).map((stack) => stack.card.name),
      ["a", "b"],
    );
    await first.close();
    await second.close();
  });

  test("sockets that nobody listens on are removed, other files are left alone", async () => {
    const control = await openControl("serve", answers("serve"));
    const stale = join(runtimeFolder(), "old-1.sock");
    await abandonSocket(stale);
    writeFileSync(join(runtimeFolder(), "notes.txt"), "");
    const found = await findStacks();
    assert.deepEqual(
      found.map((stack) => stack.card.name),
      ["serve"],
    );
    assert.deepEqual(readdirSync(runtimeFolder()).sort(), ["notes.txt", `serve-${process.pid}.sock`]);
    await control.close();
  });
});

// A socket file as a process leaves it that was killed: node itself would remove it on closing.
async function abandonSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.new`, resolve));
  const { linkSync } = await import("node:fs");
  linkSync(`${path}.new`, path);
  await new Promise((resolve) => server.close(resolve));
}
