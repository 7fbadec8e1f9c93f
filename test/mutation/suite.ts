// The tests of the suite that a mutant meets when no script has caught it: those that run the firmware in virtual time,
// in one process. Bundled, they load the wasm that lies beside the bundle.

import "../segment/reuse.test.ts";
import "../segment/iss.test.ts";
import "../segment/malformed.test.ts";
import "../segment/challenges.test.ts";
import "../segment/cookie-clock.test.ts";
import "../sim/transfer.test.ts";
import "../sim/idle-windows.test.ts";
import "../sim/shut-windows.test.ts";
import "../sim/both-windows-full.test.ts";
import "../sim/eight.test.ts";
import "../host/tcp.test.ts";
import "../host/stack.test.ts";
import "../sim/calls.test.ts";
