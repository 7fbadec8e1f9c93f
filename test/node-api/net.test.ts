// `stack.net` does what node:net does: the same scenarios over both, event for event.

import { compare } from "./differential.ts";
import { documentedServers } from "./scenarios/documented-servers.ts";
import { documentedSockets } from "./scenarios/documented-sockets.ts";

compare("net.Server as documented", documentedServers);
compare("net.Socket as documented", documentedSockets);
