// A site over TLS on a stack, by HTTP/2 and for older clients by HTTP/1.1: Node's own http2, unchanged. SITE_KEY and SITE_CERT
// name the files of its key and certificate. It serves until Ctrl-C:
//
//   SITE_KEY=key.pem SITE_CERT=cert.pem node --import tsx host/examples/site.ts tap:tap0 10.0.0.2/24
//   curl --http2 --cacert cert.pem https://…/

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import type { Server } from "node:net";
import type { Stack } from "../stack.ts";
import { type Example, runAsProgram } from "./example.ts";

export interface Secret {
  key: string | Buffer;
  cert: string | Buffer;
}

/** Serves a page on port 443, and sends back what is posted; `close` of what it resolves to ends that. */
export function serveSite(stack: Stack, secret: Secret, page: string | Buffer): Promise<Server> {
  const site = createSecureServer({ ...secret, allowHTTP1: true }, (request, response) => {
    if (request.method === "POST") request.pipe(response.stream ?? response);
    else response.end(page);
  });
  return stack.serve(site, { port: 443 });
}

const siteExample: Example = async (stack) => {
  const { SITE_KEY = "key.pem", SITE_CERT = "cert.pem" } = process.env;
  const secret = { key: readFileSync(SITE_KEY), cert: readFileSync(SITE_CERT) };
  const server = await serveSite(
    stack,
    secret,
    "<title>Over Thimble</title><p>This page came by a stack of its own.\n",
  );
  await once(process, "SIGINT");
  server.close();
  return "site: closed";
};

await runAsProgram(import.meta.url, siteExample, 2);
