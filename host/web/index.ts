// What `import "thimble-tcpip/browser"` gives: the stack without anything of Node's. Wires are those that a page can have: a
// cable to another stack in it, or whatever implements `Wire`.

import { type Stack as AnyStack, createStack as createAnyStack, type StackOptions } from "../stack.ts";

export { SocketOption } from "../../assembly/abi/sockets.ts";
export type { RouteOptions, WireOptions } from "../adapters.ts";
export { type Clock, RealClock, type Timer, VirtualClock } from "../clock.ts";
export * from "../core/address.ts";
export { Core } from "../core/core.ts";
export { InputError, StackError } from "../errors.ts";
export type { EmulatedMac } from "../mac/mac.ts";
export { type MacCounters, RingMac } from "../mac/ring-mac.ts";
export { Random } from "../random.ts";
export type { Endpoint } from "../socket/calls.ts";
export type { Datagram, MulticastInterface } from "../socket/datagrams.ts";
export type { PingOptions, PingReply } from "../socket/ping.ts";
export { type RawOptions, type RawPacket, RawSocket } from "../socket/raw-socket.ts";
export type { ConnectOptions } from "../socket/tcp-connect.ts";
export { TcpConnection } from "../socket/tcp-connection.ts";
export { TcpListener } from "../socket/tcp-listener.ts";
export type { TcpOptions } from "../socket/tcp-options.ts";
export { UdpSocket } from "../socket/udp-socket.ts";
export {
  type CloseOptions,
  type ListenOptions,
  type NewsReport,
  realClock,
  type StackOptions,
  type UdpOptions,
} from "../stack.ts";
export type { CongestionName, OptionName, RegionStatus, SocketStatus } from "../status.ts";
export type {
  AdapterStatus,
  AddressStatus,
  GroupStatus,
  NameServerStatus,
  NeighborStatus,
  RouteStatus,
} from "../tables.ts";
export { bridgeWires } from "../wire/bridge.ts";
export { type Cable, type CableOptions, createCable } from "../wire/cable.ts";
export { type ImpairedWire, type ImpairmentStats, type Impairments, impairWire } from "../wire/impair.ts";
export { type FrameObserver, observeWire } from "../wire/observe.ts";
export type { Wire, WireEnd } from "../wire/wire.ts";
export type * from "./types.ts";
export type { Web } from "./web.ts";

/** A stack, without what stands on modules of Node's: those members throw InputError ERR_NO_NODE here. */
export type Stack = Omit<
  AnyStack,
  "net" | "dgram" | "dns" | "fetch" | "dispatcher" | "httpAgent" | "httpsAgent" | "serve"
>;

/**
 * Starts a stack. The core comes from the file thimble.wasm beside this module, or from `wasm`: bytes, a module, or the URL
 * that a bundler has given it. Rejects with InputError on what cannot be used, StackError when the profile is too small.
 */
export const createStack: (options: StackOptions) => Promise<Stack> = createAnyStack;
