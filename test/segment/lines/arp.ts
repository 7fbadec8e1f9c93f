// Lines about ARP: requests and replies, and the two requests that are about the sender's own address (RFC 5227 §1.1).

import { formatMac } from "../../../host/core/address.ts";
import { BROADCAST_MAC, type Network, nameIn, OUR_MAC, PEER_MAC } from "../addresses.ts";
import { ARP_REPLY, ARP_REQUEST, type ArpPacket, buildArp } from "../frames/arp.ts";
import { equalBytes, isZero } from "../frames/bytes.ts";
import { buildEthernet, ETHER_ARP } from "../frames/ethernet.ts";
import { resolve } from "./envelope.ts";
import { address, ethernetAddress, type Fail, oneOf, splitLine } from "./words.ts";

const KINDS = ["request", "reply", "probe", "announcement"] as const;
export type ArpKind = (typeof KINDS)[number];

export interface ArpPattern {
  kind: ArpKind;
  /** Sender's and target's IP address as the script has them, and the sender's Ethernet address. */
  from: string | undefined;
  target: string | undefined;
  mac: Uint8Array | undefined;
}

export function readArpLine(text: string, fail: Fail): ArpPattern {
  const { words } = splitLine(text);
  const pattern: ArpPattern = {
    kind: oneOf(words.shift() ?? "", KINDS, fail),
    from: undefined,
    target: undefined,
    mac: undefined,
  };
  while (words.length > 0) {
    const word = words.shift() as string;
    const value = words.shift();
    if (word === "from" || word === "target") pattern[word] = address(value, fail);
    else if (word === "mac") pattern.mac = ethernetAddress(value, fail);
    else fail(`${word} is none of from, target, mac`);
  }
  return pattern;
}

/** The frame that the peer sends. */
export function arpFrame(pattern: ArpPattern, network: Network): Uint8Array {
  const { kind, mac = PEER_MAC } = pattern;
  const isReply = kind === "reply";
  const sender = resolve(network, kind === "probe" ? "any" : (pattern.from ?? "peer"));
  const target = resolve(network, pattern.target ?? "us");
  const arp: ArpPacket = {
    operation: isReply ? ARP_REPLY : ARP_REQUEST,
    senderMac: mac,
    senderIp: sender,
    targetMac: isReply ? OUR_MAC : new Uint8Array(6),
    targetIp: kind === "announcement" ? sender : target,
  };
  return buildEthernet(isReply ? OUR_MAC : BROADCAST_MAC, mac, ETHER_ARP, buildArp(arp));
}

/** What a packet is: a request from nobody is a probe, one for the sender's own address an announcement. */
export function arpKind({ operation, senderIp, targetIp }: ArpPacket): ArpKind {
  if (operation === ARP_REPLY) return "reply";
  if (isZero(senderIp)) return "probe";
  return equalBytes(senderIp, targetIp) ? "announcement" : "request";
}

export function arpDifference(pattern: ArpPattern, arp: ArpPacket | undefined, network: Network): string | undefined {
  if (arp === undefined || arpKind(arp) !== pattern.kind) return `it is no ARP ${pattern.kind}`;
  const { from, target, mac } = pattern;
  if (from !== undefined && !equalBytes(resolve(network, from), arp.senderIp)) return "its sender is another";
  if (target !== undefined && !equalBytes(resolve(network, target), arp.targetIp)) return "its target is another";
  if (mac !== undefined && !equalBytes(mac, arp.senderMac)) return `its sender has ${formatMac(arp.senderMac)}`;
  return undefined;
}

export function describeArp(arp: ArpPacket, network: Network): string {
  return `> arp ${arpKind(arp)} from ${nameIn(network, arp.senderIp)} target ${nameIn(network, arp.targetIp)}`;
}
