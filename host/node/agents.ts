// Agents of node:http and node:https whose connections go through a stack. Everything else of them is Node's own:
// keeping connections, their number, TLS sessions.

import * as http from "node:http";
import * as https from "node:https";
import type { NetConnectOpts, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Net } from "./net.ts";

type Connect = (options: object, callback?: (error: Error | null, stream: Duplex) => void) => Duplex;

/** What Node's agents call on themselves for a connection; the types of Node tell of it in some versions only. */
interface Connecting {
  createConnection: Connect;
}

/** For `http.request({ agent })`. */
export function createHttpAgent(net: Net, options: http.AgentOptions = {}): http.Agent {
  return withConnections(new http.Agent(options), (wanted) => connect(net, wanted));
}

/** For `https.request({ agent })`. */
export function createHttpsAgent(net: Net, options: https.AgentOptions = {}): https.Agent {
  const agent = new https.Agent(options);
  // Over a socket that it is given, Node's own makes the TLS connection, and remembers the session.
  const secure = (agent as unknown as Connecting).createConnection.bind(agent);
  return withConnections(agent, (wanted, callback) => secure({ ...wanted, socket: connect(net, wanted) }, callback));
}

function withConnections<T extends http.Agent>(agent: T, createConnection: Connect): T {
  return Object.assign(agent, { createConnection });
}

function connect(net: Net, wanted: object): Socket {
  return net.connect(wanted as NetConnectOpts);
}
