// Pages over a stack: `stack.fetch` is the fetch of the platform. With FETCH_CA, the file of a certificate, and FETCH_NAME, whose
// it is, the page is fetched over TLS, too, and by HTTP/2 where the server speaks it.

import { readFileSync } from "node:fs";
import type { Stack } from "../stack.ts";
import { type Example, runAsProgram } from "./example.ts";

/** Gets the first page of a web server. */
export const fetchExample: Example = async (stack, host) => {
  const response = await stack.fetch(`http://${host}/`);
  const page = await response.text();
  const title = /<title>(.*?)<\/title>/.exec(page)?.[1];
  const plain = `fetch: ${response.status} from ${response.headers.get("server")}, ${page.length} characters, "${title}"`;
  const { FETCH_CA, FETCH_NAME } = process.env;
  return FETCH_CA === undefined ? plain : `${plain}, ${await fetchSecurely(stack, host, FETCH_CA, FETCH_NAME)}`;
};

async function fetchSecurely(stack: Stack, host: string, file: string, servername?: string): Promise<string> {
  const dispatcher = await stack.dispatcher({ tls: { ca: readFileSync(file), servername }, allowH2: true });
  const response = await stack.fetch(`https://${host}/`, { dispatcher });
  const { length } = await response.text();
  await dispatcher.close();
  return `${length} by ${response.headers.get("x-protocol")}`;
}

await runAsProgram(import.meta.url, fetchExample);
