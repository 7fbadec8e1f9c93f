// `stack.net` does what node:net does: the same scenarios over both, event for event.

import { compare } from "./differential.ts";
import { aborting } from "./scenarios/aborting.ts";
import { backPressure } from "./scenarios/back-pressure.ts";
import { connecting } from "./scenarios/connecting.ts";
import { documentedServers } from "./scenarios/documented-servers.ts";
import { documentedSockets } from "./scenarios/documented-sockets.ts";
import { errors } from "./scenarios/errors.ts";
import { halfClose } from "./scenarios/half-close.ts";
import { servers } from "./scenarios/servers.ts";
import { streams } from "./scenarios/streams.ts";
import { timeouts } from "./scenarios/timeouts.ts";

compare("net.Server as documented", documentedServers);
compare("net.Socket as documented", documentedSockets);
compare("connecting", connecting);
compare("half-close", halfClose);
compare("errors", errors);
compare("timeouts", timeouts);
compare("streams", streams);
compare("back-pressure", backPressure);
compare("servers", servers);
compare("aborting", aborting);
