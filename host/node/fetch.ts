// `stack.fetch`: the fetch of the platform, with a dispatcher whose connections go through a stack.

import type { ConnectionOptions } from "node:tls";
import type { Agent, buildConnector, Dispatcher } from "undici";
import type { Net } from "./net.ts";

export interface FetchOptions extends RequestInit {
  /** Instead of the stack's own: one of `stack.dispatcher(…)`, with a certificate of its own for instance. */
  dispatcher?: Dispatcher;
}

/** The global `fetch`, over a stack. */
export type Fetch = (input: string | URL | Request, init?: FetchOptions) => Promise<Response>;

export interface DispatcherOptions extends Omit<Agent.Options, "connect" | "tls"> {
  /** Of the TLS connections: `ca`, `rejectUnauthorized`, `cert` and so on, as `tls.connect` has them. */
  tls?: Pick<ConnectionOptions, "ca" | "cert" | "key" | "rejectUnauthorized" | "servername" | "minVersion">;
  /** Milliseconds for a connection; default 10,000. */
  connectTimeout?: number;
}

type Connector = buildConnector.connector;
type Connected = buildConnector.Callback;

const CONNECT_TIMEOUT_MS = 10_000;
const DEFAULT_PORTS: Record<string, number> = { "http:": 80, "https:": 443 };

/** Makes the fetch of one stack; its dispatcher is made, and undici loaded, when something is fetched. */
export function createFetch(makeDispatcher: () => Promise<Dispatcher>): Fetch {
  let made: Promise<Dispatcher> | null = null;
  return async (input, init = {}) => {
    made ??= makeDispatcher();
    const dispatcher = init.dispatcher ?? (await made);
    return fetch(input, { ...init, dispatcher } as RequestInit);
  };
}

/** An Agent of undici over a stack. */
export async function createDispatcher(net: Net, options: DispatcherOptions = {}): Promise<Agent> {
  const undici = await import("undici");
  const { tls = {}, connectTimeout = CONNECT_TIMEOUT_MS, ...rest } = options;
  const secure = undici.buildConnector({ ...tls, allowH2: rest.allowH2 ?? false, timeout: connectTimeout });
  return new undici.Agent({ ...rest, connect: connector(net, secure, connectTimeout) });
}

function connector(net: Net, secure: Connector, timeout: number): Connector {
  return (options, callback) => {
    const { hostname, protocol, port, localAddress } = options;
    const socket = net.connect({
      host: hostname,
      port: Number(port) || DEFAULT_PORTS[protocol],
      localAddress: localAddress ?? undefined,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
    });
    if (protocol === "https:") secure({ ...options, httpSocket: socket }, callback);
    else settle(socket, timeout, callback);
  };
}

function settle(socket: ReturnType<Net["connect"]>, timeout: number, callback: Connected): void {
  const timer = setTimeout(() => {
    const sentence = `connect ETIMEDOUT: no connection within ${timeout} ms; connectTimeout of stack.dispatcher() sets another limit.`;
    socket.destroy(Object.assign(new Error(sentence), { code: "ETIMEDOUT", syscall: "connect" }));
  }, timeout);
  const failed = (error: Error): void => {
    clearTimeout(timer);
    callback(error, null);
  };
  socket.once("error", failed);
  socket.once("connect", () => {
    clearTimeout(timer);
    socket.off("error", failed);
    callback(null, socket);
  });
}
