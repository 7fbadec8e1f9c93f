// `stack.dgram` does what node:dgram does: the same scenarios over both, event for event.

import { compare } from "./differential.ts";
import { datagrams } from "./scenarios/datagrams.ts";

compare("dgram.Socket", datagrams);
