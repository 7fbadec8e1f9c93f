// Joins a TAP of the namespace that it runs in to a board's wire. Prints a line when both are open; ends with its standard
// input. What it is told: the TAP's name and the path of the wire's socket.

import { bridgeWires } from "../../../host/wire/bridge.ts";
import { openStream } from "../../../host/wire/stream.ts";
import { openTap } from "../../../host/wire/tap.ts";

const [tap, socket] = process.argv.slice(2);
const takeApart = bridgeWires(await openTap(tap), await openStream(socket));
process.stdout.write("joined\n");
process.stdin.resume();
process.stdin.on("end", () => {
  takeApart();
  process.exit();
});
