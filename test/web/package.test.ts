// The packed tarball, used by programs that are not this project: in Node, under the compiler of TypeScript, in a bundle for
// browsers, and in a page.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { build, type Loader } from "esbuild";
import { Consumer } from "./support/package.ts";
import { Page, skipPages } from "./support/page.ts";

/** Two stacks on a cable, and a page that one of them fetches from the other: the README's example, nearly. */
const IN_NODE = `
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
globalThis.fetch = () => { throw new Error("something is fetched"); };
const { createCable, createStack } = await import("thimble-tcpip");
const wasm = new URL(import.meta.resolve("thimble-tcpip/stack.wasm"));
const tiny = await readFile(new URL(import.meta.resolve("thimble-tcpip/profiles/tiny.wasm")));
const [left, right] = createCable();
const server = await createStack({ wires: [{ wire: right, address: "10.0.0.2/24" }], wasm });
const client = await createStack({ wires: [{ wire: left, address: "10.0.0.1/24" }], wasm: tiny });
const port = await server.serve(createServer((request, response) => response.end("over " + request.url)), { port: 80 });
const connection = await client.connect({ address: "10.0.0.2", port: 80 });
await connection.write("GET /tarball HTTP/1.0\\r\\n\\r\\n");
let answer = "";
for await (const piece of connection) answer += new TextDecoder().decode(piece);
console.log(answer.split("\\r\\n\\r\\n")[1]);
port.close();
await Promise.all([client.close(), server.close()]);
`;

const FETCHING = `
import { createServer } from "node:http";
import { createCable, createStack } from "thimble-tcpip";
const [left, right] = createCable();
const server = await createStack({ wires: [{ wire: right, address: "10.0.0.2/24" }] });
const client = await createStack({ wires: [{ wire: left, address: "10.0.0.1/24" }], hosts: { "site.test": "10.0.0.2" } });
const port = await server.serve(createServer((_, response) => response.end("fetched")), { port: 80 });
console.log(await (await client.fetch("http://site.test/")).text());
port.close();
await Promise.all([client.close(), server.close()]);
`;

const TYPED = `
import { createCable, createStack, type Stack, StackError } from "thimble-tcpip";
import { createStack as createPageStack } from "thimble-tcpip/browser";

const [wire] = createCable();
const stack: Stack = await createStack({ wires: [{ wire, address: ["10.0.0.1/24"] }], profile: "tiny" });
const response: Response = await stack.fetch("https://example.test/", { method: "POST" });
const { readable }: { readable: ReadableStream<Uint8Array> } = await new stack.web.TCPSocket("10.0.0.2", 80).opened;
stack.net.connect(80, "10.0.0.2").on("data", (data: Buffer) => data.toString());
const page = await createPageStack({ wires: [], wasm: new Uint8Array(8) });
// @ts-expect-error a page has no module of Node's
page.net;
// @ts-expect-error a port is a number
await stack.listen({ port: "80" });
export { readable, response, StackError };
`;

/** What runs in a page, and under Node as well: the module's bytes come with the bundle. */
const IN_PAGE = (name: string): string => `
import { createCable, createStack } from "${name}";
import wasm from "thimble-tcpip/stack.wasm";

export async function mirror(bytes) {
  const [left, right] = createCable();
  const server = await createStack({ wires: [{ wire: right, address: "10.0.0.2/24" }], wasm });
  const client = await createStack({ wires: [{ wire: left, address: "10.0.0.1/24" }], wasm, hosts: { server: "10.0.0.2" } });
  const { readable } = await new server.web.TCPServerSocket("10.0.0.2", { localPort: 7 }).opened;
  const accepting = readable.getReader().read();
  const near = await new client.web.TCPSocket("server", 7).opened;
  const { readable: incoming, writable: outgoing } = await (await accepting).value.opened;
  incoming.pipeTo(outgoing);
  const sent = Uint8Array.from({ length: bytes }, (_, i) => i * 7);
  new Blob([sent]).stream().pipeTo(near.writable);
  const back = new Uint8Array(await new Response(near.readable).arrayBuffer());
  const { ttl } = await client.ping("10.0.0.2");
  await Promise.all([client.close(), server.close()]);
  return { same: back.length === bytes && back.every((byte, i) => byte === sent[i]), ttl };
}
globalThis.mirror = mirror;
`;

const FULL = process.env.THIMBLE_FULL === "1";
const BYTES = 500_000;

describe("the package", () => {
  let consumer: Consumer;

  before(() => {
    consumer = new Consumer();
  });

  after(() => consumer?.remove());

  it("has what its exports name, and neither sources nor tests nor scripts that run at installation", () => {
    const { exports, scripts } = consumer.manifest;
    const files = JSON.stringify(exports).match(/\.\/dist\/[^"*]*"/g) ?? [];
    for (const file of files) assert.ok(consumer.files.includes(file.slice(2, -1)), `${file} is not in the tarball`);
    const strangers = consumer.files.filter(
      (path) => !/^(dist\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/.test(path),
    );
    assert.deepEqual(strangers, []);
    const atInstallation = Object.keys(scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name));
    assert.deepEqual(atInstallation, []);
  });

  it("works in plain Node, the module from a file or as bytes, and nothing is fetched when it is imported", () => {
    assert.equal(consumer.node(consumer.write("node.mjs", IN_NODE)), "over /tarball\n");
  });

  it("fetches", () => {
    assert.equal(consumer.node(consumer.write("fetching.mjs", FETCHING)), "fetched\n");
  });

  for (const resolution of ["nodenext", "bundler"]) {
    const skip = resolution === "bundler" && !FULL && "in the full run";
    it(`has types, found with moduleResolution ${resolution}`, { skip }, () => {
      consumer.write("typed.ts", TYPED);
      for (const name of ["@types/node", "undici-types"]) consumer.link(name);
      const strict = [
        "--noEmit",
        "--strict",
        "--target",
        "es2022",
        "--lib",
        "es2023,dom,dom.iterable,esnext.disposable",
      ];
      const modules = [
        "--module",
        resolution === "bundler" ? "preserve" : "nodenext",
        "--moduleResolution",
        resolution,
      ];
      assert.equal(consumer.typeErrors([...strict, ...modules, "--types", "node"], "typed.ts"), "");
    });
  }

  for (const name of ["thimble-tcpip/browser", "thimble-tcpip"]) {
    it(`goes into a bundle for browsers as ${name}, with nothing of Node's`, async () => {
      const file = await bundle(consumer, name);
      const answer = consumer.node(
        consumer.write(
          "run.mjs",
          `import ${JSON.stringify(file)}; console.log(JSON.stringify(await mirror(${BYTES})));`,
        ),
      );
      assert.deepEqual(JSON.parse(answer), { same: true, ttl: 64 });
    });
  }

  it("works in a page", { skip: skipPages }, async () => {
    const page = await Page.open(await bundle(consumer, "thimble-tcpip/browser"));
    try {
      assert.deepEqual(await page.call("mirror", BYTES), { same: true, ttl: 64 });
      assert.deepEqual(page.complaints, []);
    } finally {
      await page.close();
    }
  });

  it("works in a page without a bundler: the files as they are, the module from beside them", {
    skip: skipPages,
  }, async () => {
    const page = await Page.open(join(consumer.folder, "node_modules/thimble-tcpip/dist/browser.js"), UNBUNDLED);
    try {
      assert.equal(await page.call("echo", "words"), "words");
      assert.deepEqual(page.complaints, []);
    } finally {
      await page.close();
    }
  });
});

/** A script in the page that has the library as \`thimble\`. */
const UNBUNDLED = `
globalThis.echo = async (words) => {
  const { createCable, createStack } = thimble;
  const [left, right] = createCable();
  const server = await createStack({ wires: [{ wire: right, address: "10.0.0.2/24" }] });
  const client = await createStack({ wires: [{ wire: left, address: "10.0.0.1/24" }] });
  const listener = await server.listen({ port: 7 });
  const connection = await client.connect({ address: "10.0.0.2", port: 7 });
  await (await listener.accept()).write(words);
  const text = new TextDecoder().decode(await connection.read());
  await Promise.all([client.close(), server.close()]);
  return text;
};
`;

async function bundle(consumer: Consumer, name: string): Promise<string> {
  const entry = consumer.write("page.mjs", IN_PAGE(name));
  const outfile = join(consumer.folder, "bundled.mjs");
  const loader: Record<string, Loader> = { ".wasm": "binary" };
  // Older than what the newest browsers can: this bundle runs under Node as well.
  const target = "es2022";
  await build({
    entryPoints: [entry],
    outfile,
    loader,
    bundle: true,
    target,
    format: "esm",
    platform: "browser",
    logLevel: "silent",
  });
  return outfile;
}
