// What `import "thimble-tcpip"` gives.

export { SocketOption } from "../assembly/abi/sockets.ts";
export type { RouteOptions, WireOptions } from "./adapters.ts";
export { type BrowseOptions, FetchError, type FetchedPage } from "./applications/browser.ts";
export {
  pageOfBytes,
  type WebPage,
  type WebReport,
  type WebRequest,
  WebServer,
  type WebServerOptions,
} from "./applications/web-server.ts";
export { explainStack } from "./capture/explain.ts";
export { createCapture } from "./capture/file.ts";
export type { CapturedFrame, CaptureInterface, CaptureWriter, Direction } from "./capture/frames.ts";
export { PcapWriter } from "./capture/pcap-writer.ts";
export { type PcapngOptions, PcapngWriter } from "./capture/pcapng-writer.ts";
export { type Playback, type PlaybackOptions, playCapture } from "./capture/playback.ts";
export { type Capture, readCapture } from "./capture/reader.ts";
export { type CaptureSink, MemorySink } from "./capture/sink.ts";
export { type Clock, RealClock, type Timer, VirtualClock } from "./clock.ts";
export * from "./core/address.ts";
export { Core } from "./core/core.ts";
export { InputError, StackError } from "./errors.ts";
export { type Addressing, createFleet, type Device, type Fleet, type FleetOptions } from "./fleet/fleet.ts";
export type { Progress } from "./fleet/pace.ts";
export { type FleetReport, reportOf, reportText } from "./fleet/report.ts";
export { SCENARIOS, type Scenario, type ScenarioOptions } from "./fleet/scenarios.ts";
export type { EmulatedMac } from "./mac/mac.ts";
export { type MacCounters, RingMac } from "./mac/ring-mac.ts";
export type { LendOptions } from "./names.ts";
export type { CableDescription, MachineDescription, NetworkDescription } from "./network/description.ts";
export { parseNetwork, readNetwork } from "./network/file.ts";
export { createNetwork, type NetworkOptions, type SimulatedNetwork } from "./network/network.ts";
export { Switch, type SwitchOptions, type SwitchStats } from "./network/switch.ts";
export type { Dgram } from "./node/dgram.ts";
export type { Dns, DnsPromises, RecordWithTtl } from "./node/dns.ts";
export type { DispatcherOptions, Fetch, FetchOptions } from "./node/fetch.ts";
export type { Hosts } from "./node/lookup.ts";
export type { Net } from "./node/net.ts";
export type { ServeOptions, UpperServer } from "./node/serve.ts";
export { Random } from "./random.ts";
export { recordAll } from "./replay/ambient.ts";
export { openRecording, type Recording } from "./replay/recording.ts";
export { createLineCode, LINE_CODES, type LineStats, type SignalOptions } from "./signal/line.ts";
export type { LineCode, LineCodeName, Received, Signal, SignalPart } from "./signal/line-code.ts";
export { type SignalWire, signalWire } from "./signal/signal-wire.ts";
export type { Endpoint } from "./socket/calls.ts";
export type { Datagram, MulticastInterface } from "./socket/datagrams.ts";
export type { LookupResult } from "./socket/lookups.ts";
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
  LeaseStatus,
  NameServerStatus,
  NeighborStatus,
  RouteStatus,
} from "./tables.ts";
export type * from "./web/types.ts";
export type { Web } from "./web/web.ts";
export { bridgeWires } from "./wire/bridge.ts";
export { type Cable, type CableOptions, createCable } from "./wire/cable.ts";
export { type CaptureOptions, captureWire } from "./wire/capture.ts";
export { openChannel } from "./wire/channel.ts";
export { openDatagramWire } from "./wire/datagram.ts";
export { type HubWire, openHub } from "./wire/hub.ts";
export { type Burst, type ImpairedWire, type ImpairmentStats, type Impairments, impairWire } from "./wire/impair.ts";
export { type OpenedWire, openWire, parseWire, type WireContext, type WireSpec } from "./wire/kinds.ts";
export { type FrameObserver, observeWire } from "./wire/observe.ts";
export { openPasst, type PasstOptions, type PasstWire } from "./wire/passt.ts";
export { openStream, type StreamWire } from "./wire/stream.ts";
export { openTap, type TapWire } from "./wire/tap.ts";
export { openV86 } from "./wire/v86.ts";
export { openVxlan, type VxlanOptions, type VxlanWire } from "./wire/vxlan.ts";
export { joinRelay, openRelay, type WebSocketWire } from "./wire/websocket.ts";
export type { Wire, WireEnd } from "./wire/wire.ts";
