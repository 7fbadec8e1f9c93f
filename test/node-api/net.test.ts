// `stack.net` does what node:net does: the same scenarios over both, event for event.

import { compare } from "./differential.ts";
import { connecting } from "./scenarios/connecting.ts";
import { documentedServers } from "./scenarios/documented-servers.ts";
import { documentedSockets } from "./scenarios/documented-sockets.ts";
import { errors } from "./scenarios/errors.ts";
import { halfClose } from "./scenarios/half-close.ts";

compare("net.Server as documented", documentedServers);
compare("net.Socket as documented", documentedSockets);
compare("connecting", connecting);
compare("half-close", halfClose);
compare("errors", errors);
