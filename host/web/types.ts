// The shapes of Direct Sockets (WICG): what sockets of web streams are given and give.

/** Of every socket that names its peer. */
interface NamedPeer {
  /** Which kind of address a name is looked up for; default: whichever it has, the best first. */
  dnsQueryType?: "ipv4" | "ipv6";
}

export interface TCPSocketOptions extends NamedPeer {
  noDelay?: boolean;
  /** Milliseconds of silence after which the peer is asked whether it is there; at least 1,000. Default: never. */
  keepAliveDelay?: number;
}

export interface TCPSocketOpenInfo {
  /** Bytes that come; a byte stream, so `getReader({ mode: "byob" })` is possible. Nobody reads: the window closes. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Takes ArrayBuffers and views of them. `ready` waits until the stack has taken what was written. */
  readonly writable: WritableStream<BufferSource>;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

export interface TCPServerSocketOptions {
  /** Default: chosen by the stack. */
  localPort?: number;
  /** Connections that may wait until they are read; default 128. */
  backlog?: number;
}

export interface TCPServerSocketOpenInfo<Socket> {
  /** Connections, taken from the stack's queue one by one as somebody reads. */
  readonly readable: ReadableStream<Socket>;
  readonly localAddress: string;
  readonly localPort: number;
}

export interface UDPSocketOptions extends NamedPeer {
  /** Both or neither: datagrams go to this peer and come from it alone. */
  remoteAddress?: string;
  remotePort?: number;
  /** Needed where there is no peer. */
  localAddress?: string;
  /** Default: chosen by the stack. */
  localPort?: number;
  /** Several sockets may have the port, and each gets what comes for groups. */
  multicastAllowAddressSharing?: boolean;
  /** Hops that messages to groups may go, 0 to 255; default 1. */
  multicastTimeToLive?: number;
  /** Whether members on this machine get what is sent to groups; default true. */
  multicastLoopback?: boolean;
}

/** The groups of a socket without a peer. */
export interface MulticastController {
  readonly joinedGroups: readonly string[];
  /** Rejects with a NetworkError: a member already, or no address of a group. */
  joinGroup(group: string): Promise<void>;
  leaveGroup(group: string): Promise<void>;
}

export interface UDPMessage {
  data: BufferSource;
  /** Where it goes, or where it comes from; not where the socket has a peer. */
  remoteAddress?: string;
  remotePort?: number;
}

export interface UDPReceived extends UDPMessage {
  data: Uint8Array<ArrayBuffer>;
}

export interface UDPSocketOpenInfo {
  readonly readable: ReadableStream<UDPReceived>;
  readonly writable: WritableStream<UDPMessage>;
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Where there is no peer. */
  readonly multicastController?: MulticastController;
}
