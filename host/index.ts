// What `import "thimble-tcpip"` gives.

export { SocketOption } from "../assembly/abi/sockets.ts";
export type { RouteOptions, WireOptions } from "./adapters.ts";
export { FetchError, type FetchedPage, type FetchOptions } from "./applications/browser.ts";
export {
  pageOfBytes,
  type WebPage,
  type WebReport,
  type WebRequest,
  WebServer,
  type WebServerOptions,
} from "./applications/web-server.ts";
export { type Clock, RealClock, type Timer, VirtualClock } from "./clock.ts";
export * from "./core/address.ts";
export { Core } from "./core/core.ts";
export { InputError, StackError } from "./errors.ts";
export type { EmulatedMac } from "./mac/mac.ts";
export { type MacCounters, RingMac } from "./mac/ring-mac.ts";
export type { Dgram } from "./node/dgram.ts";
export type { Dns, DnsPromises } from "./node/dns.ts";
export type { Hosts } from "./node/lookup.ts";
export type { Net } from "./node/net.ts";
export { Random } from "./random.ts";
export type { Endpoint } from "./socket/calls.ts";
export type { Datagram, MulticastInterface } from "./socket/datagrams.ts";
export type { PingOptions, PingReply } from "./socket/ping.ts";
export { type RawOptions, type RawPacket, RawSocket } from "./socket/raw-socket.ts";
export type { ConnectOptions } from "./socket/tcp-connect.ts";
export { TcpConnection } from "./socket/tcp-connection.ts";
export { TcpListener } from "./socket/tcp-listener.ts";
export type { TcpOptions } from "./socket/tcp-options.ts";
export { UdpSocket } from "./socket/udp-socket.ts";
export {
  type CloseOptions,
  createStack,
  type ListenOptions,
  type NewsReport,
  realClock,
  Stack,
  type StackOptions,
  type UdpOptions,
} from "./stack.ts";
export type { CongestionName, OptionName, RegionStatus, SocketStatus } from "./status.ts";
export type {
  AdapterStatus,
  AddressStatus,
  GroupStatus,
  NameServerStatus,
  NeighborStatus,
  RouteStatus,
} from "./tables.ts";
export { bridgeWires } from "./wire/bridge.ts";
export { type Cable, type CableOptions, createCable } from "./wire/cable.ts";
export { captureWire } from "./wire/capture.ts";
export { openDatagramWire } from "./wire/datagram.ts";
export { type ImpairedWire, type ImpairmentStats, type Impairments, impairWire } from "./wire/impair.ts";
export { type OpenedWire, openWire, parseWire, type WireContext, type WireSpec } from "./wire/kinds.ts";
export { type FrameObserver, observeWire } from "./wire/observe.ts";
export { openStream, type StreamWire } from "./wire/stream.ts";
export { openTap, type TapWire } from "./wire/tap.ts";
export type { Wire, WireEnd } from "./wire/wire.ts";
