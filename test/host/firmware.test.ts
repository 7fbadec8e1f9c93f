// The core as a program may name it or bring it, and what is said when that cannot be used.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { createStack, type StackOptions } from "../../host/stack.ts";

const FILE = new URL("../../dist/thimble-tiny.wasm", import.meta.url);

async function startsWith(wasm: StackOptions["wasm"]): Promise<void> {
  const stack = await createStack({ wires: [], wasm });
  assert.equal(stack.core.constants.TCBS, 3);
  await stack.close();
}

function refusal(code: string, sentence: RegExp): (error: Error & { code?: string }) => boolean {
  return (error) => error.code === code && sentence.test(error.message);
}

describe("the core that a stack is given", () => {
  it("by the name of a profile", async () => {
    const stack = await createStack({ wires: [], profile: "tiny" });
    assert.equal(stack.core.constants.TCBS, 3);
    await stack.close();
    await assert.rejects(
      createStack({ wires: [], profile: "huge" }),
      refusal("ERR_PROFILE", /No profile is called huge/),
    );
  });

  it("as the URL of a file, bytes of both kinds, or a module", async () => {
    const bytes = new Uint8Array(await readFile(FILE));
    const sources = [FILE, bytes, bytes.buffer, await WebAssembly.compile(bytes)];
    for (const wasm of sources) await startsWith(wasm);
  });

  it("as the URL of a web server", async () => {
    const server = createServer(async (request, response) => {
      if (request.url === "/core") response.end(await readFile(FILE));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await startsWith(new URL("/core", base));
    const nowhere = createStack({ wires: [], wasm: new URL("/nowhere", base) });
    await assert.rejects(nowhere, refusal("ERR_WASM", /cannot be had from .*nowhere \(404 Not Found\)/));
    server.close();
  });

  it("in no other way, and the error says in which", async () => {
    const wrong = createStack({ wires: [], wasm: "thimble.wasm" as unknown as URL });
    await assert.rejects(wrong, refusal("ERR_WASM", /as bytes, as a WebAssembly.Module or as the URL/));
    const broken = createStack({ wires: [], wasm: Uint8Array.of(1, 2, 3) });
    await assert.rejects(broken, refusal("ERR_WASM", /is no WebAssembly module/));
    const wireless = createStack({} as unknown as StackOptions);
    await assert.rejects(wireless, refusal("ERR_WIRE", /needs wires/));
  });
});
