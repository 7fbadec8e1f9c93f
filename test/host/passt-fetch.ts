// A stack behind passt, in a process of its own that any user may run: fetches from a port of the host, says how many bytes came.

import { createStack } from "../../host/stack.ts";
import { openPasst } from "../../host/wire/passt.ts";

const wire = await openPasst();
const { address, gateway } = wire;
const stack = await createStack({ wires: [{ wire, address, gateway }] });
const connection = await stack.connect({ address: gateway, port: Number(process.argv[2]) });
await connection.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
let bytes = 0;
for await (const piece of connection) bytes += piece.length;
process.stdout.write(`user ${process.getuid?.()} got ${bytes}`);
await stack.close();
