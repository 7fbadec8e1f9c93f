// A site over TLS on a Thimble on the TAP, by HTTP/2 and for older clients by HTTP/1.1: Node's own http2, unchanged. Runs in
// the namespace until its standard input ends.

import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { createStack, realClock } from "../../../host/stack.ts";
import { captureWire } from "../../../host/wire/capture.ts";
import { openWire } from "../../../host/wire/kinds.ts";
import { CERTIFICATE, KEY } from "../../node-api/certificate.ts";
import { untilInputEnds } from "./ends.ts";
import { STACK, STACK_6, STACK_MAC, TAP } from "./network.ts";

export interface SiteOrder {
  pcap: string;
  /** What it serves as "/". */
  file: string;
}

const order = JSON.parse(process.argv[2]) as SiteOrder;
const clock = realClock();
const { wire } = await openWire(`tap:${TAP}`, { clock });
const captured = captureWire(wire, order.pcap, clock);
const address = [`${STACK}/24`, `${STACK_6}/64`];
await using stack = await createStack({ wires: [{ wire: captured, address, mac: STACK_MAC, claim: false }], clock });
const content = readFileSync(order.file);
const site = createSecureServer({ key: KEY, cert: CERTIFICATE, allowHTTP1: true }, (request, response) => {
  if (request.method === "POST") request.pipe(response as unknown as NodeJS.WritableStream);
  else response.end(content);
});
const port = await stack.serve(site, { port: 443 });
await untilInputEnds();
port.close();
