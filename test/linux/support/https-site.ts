// The site of the examples on a Thimble on the TAP. Runs in the namespace until its standard input ends.

import { readFileSync } from "node:fs";
import { serveSite } from "../../../host/examples/site.ts";
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
const port = await serveSite(stack, { key: KEY, cert: CERTIFICATE }, readFileSync(order.file));
await untilInputEnds();
port.close();
