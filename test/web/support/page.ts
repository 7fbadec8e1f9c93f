// A page in headless Chromium, with one module in it and what that module needs from beside it.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, dirname, extname, join } from "node:path";
import { type Browser, type Page as BrowserPage, chromium } from "playwright-core";

/** Where Debian, and others, put it. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const CHROMIUM = PLACES.find(existsSync);
const TYPES: Record<string, string> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** Why pages cannot be opened here; false when they can. Fits the `skip` option of a test. */
export const skipPages: string | false = CHROMIUM === undefined && "tests in a page need the Debian package chromium";

export class Page {
  /** Errors that nobody caught, and what was written to the console as an error. */
  readonly complaints: string[] = [];
  #server: Server;
  #browser: Browser;
  #page: BrowserPage;

  private constructor(server: Server, browser: Browser, page: BrowserPage) {
    this.#server = server;
    this.#browser = browser;
    this.#page = page;
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
  }

  /** Opens a page that imports `module` as `thimble`, and then runs `script`. */
  static async open(module: string, script = ""): Promise<Page> {
    const html = `<!doctype html><link rel="icon" href="data:,"><script type="module">
      globalThis.thimble = await import("./${basename(module)}");
      ${script}
      globalThis.isReady = true;
    </script>`;
    const server = await serveFolder(dirname(module), html);
    // Chromium's own sandbox does not run as root, which is what tests on Linux run as.
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    const page = new Page(server, browser, await browser.newPage());
    await page.#page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.#page.waitForFunction("globalThis.isReady || undefined");
    return page;
  }

  /** Calls a global function of the page and returns what it resolves to. */
  call(name: string, argument: unknown): Promise<unknown> {
    return this.#page.evaluate(`${name}(${JSON.stringify(argument)})`);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }
}

async function serveFolder(folder: string, html: string): Promise<Server> {
  const server = createServer((request, response) => {
    const name = basename(request.url ?? "/");
    if (name === "") {
      response.writeHead(200, { "content-type": "text/html" }).end(html);
      return;
    }
    readFile(join(folder, name)).then(
      (bytes) => response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "text/plain" }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
