// Pages over a stack: `stack.fetch` is the fetch of the platform.

import { type Example, runAsProgram } from "./example.ts";

/** Gets the first page of a web server. */
export const fetchExample: Example = async (stack, host) => {
  const response = await stack.fetch(`http://${host}/`);
  const page = await response.text();
  const title = /<title>(.*?)<\/title>/.exec(page)?.[1];
  return `fetch: ${response.status} from ${response.headers.get("server")}, ${page.length} characters, "${title}"`;
};

await runAsProgram(import.meta.url, fetchExample);
