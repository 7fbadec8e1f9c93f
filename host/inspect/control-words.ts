// The words for what keeps a network going: who has which address, which routers there are, who is in which group, what
// went wrong on the way.

import type { DiscoveryMessage, NeighborAdvertisement, RouterAdvertisement } from "./discovery-messages.ts";
import type { DiscoveryOption } from "./discovery-options.ts";
import type { ArpPacket, Dissection, IcmpMessage } from "./dissection.ts";
import type { GroupMessage, GroupRecord } from "./group-messages.ts";
import { bytesText, endpointText } from "./phrases.ts";
import { icmpText, protocolText } from "./protocol-names.ts";
import type { FrameWords } from "./words.ts";

const NOBODY = "0.0.0.0";
const NOBODY_V6 = "::";

/** ARP, neighbor discovery, groups and ICMP in words; null for anything else. */
export function controlWords(d: Dissection): FrameWords | null {
  if (d.arp) return { role: "arp", parts: [arpText(d.arp)], details: [] };
  if (d.discovery) return discoveryWords(d, d.discovery);
  if (d.group) return groupWords(d.group);
  return d.icmp ? icmpWords(d, d.icmp) : null;
}

function arpText({ operation, senderMac, senderAddress, targetAddress }: ArpPacket): string {
  if (operation === 2) return `ARP ${senderAddress} is at ${senderMac}`;
  if (operation !== 1) return `ARP operation ${operation}`;
  if (senderAddress === NOBODY) return `ARP does anybody have ${targetAddress}?`;
  if (senderAddress === targetAddress) return `ARP ${senderAddress} is at ${senderMac} (announced)`;
  return `ARP who has ${targetAddress}? tell ${senderAddress}`;
}

function discoveryWords({ ip }: Dissection, message: DiscoveryMessage): FrameWords {
  const source = ip?.source ?? NOBODY_V6;
  const details = message.options.flatMap(optionDetail);
  switch (message.kind) {
    case "neighbor solicitation": {
      const asks = source === NOBODY_V6 ? `does anybody have ${message.target}?` : `who has ${message.target}?`;
      return { role: "nd", parts: [`ND ${asks}`, ...(source === NOBODY_V6 ? [] : [`tell ${source}`])], details };
    }
    case "neighbor advertisement":
      return { role: "nd", parts: neighborParts(message, ip?.destination), details };
    case "router solicitation":
      return { role: "nd", parts: ["ND is there a router?"], details };
    case "router advertisement":
      return { role: "nd", parts: routerParts(source, message), details };
    case "redirect":
      return { role: "nd", parts: [`ND redirect: ${message.destination}`, `is nearer by ${message.target}`], details };
  }
}

function neighborParts(message: NeighborAdvertisement, destination: string | undefined): string[] {
  const option = message.options.find(({ kind }) => kind === "target");
  const where = option?.kind === "target" ? `is at ${option.mac}` : "is here";
  const flags = [message.router ? "router" : "", message.override ? "" : "no override"];
  if (!message.solicited && destination === "ff02::1") flags.push("announced");
  const text = flags.filter((flag) => flag !== "").join(", ");
  return [`ND ${message.target}`, where, ...(text === "" ? [] : [`(${text})`])];
}

function routerParts(source: string, message: RouterAdvertisement): string[] {
  const parts = [`ND router ${source}`, message.lifetime > 0 ? `for ${message.lifetime} s` : "is no default router"];
  if (message.preference === "low" || message.preference === "high") parts.push(`preference ${message.preference}`);
  if (message.managed) parts.push("addresses from DHCPv6");
  else if (message.other) parts.push("more from DHCPv6");
  return parts;
}

// What a line about a message says of an option; of those that repeat an Ethernet address, nothing.
function optionDetail(option: DiscoveryOption): string[] {
  switch (option.kind) {
    case "prefix": {
      const uses = [option.onLink ? "on the link" : "", option.autonomous ? "for addresses" : ""];
      const text = [`prefix ${option.prefix}/${option.prefixLength}`, ...uses.filter((use) => use !== "")];
      return [`${text.join(", ")}, valid ${secondsText(option.valid)}, preferred ${secondsText(option.preferred)}`];
    }
    case "mtu":
      return [`mtu ${option.bytes}`];
    case "route":
      return [`route to ${option.prefix}/${option.prefixLength} for ${secondsText(option.lifetime)}`];
    case "name servers":
      return [`name servers ${option.addresses.join(" ")} for ${secondsText(option.lifetime)}`];
    case "domains":
      return [`domains ${option.names.join(" ")} for ${secondsText(option.lifetime)}`];
    case "redirected":
      return option.quoted ? aboutDetail(option.quoted) : [];
    default:
      return [];
  }
}

function secondsText(seconds: number): string {
  return seconds === Number.POSITIVE_INFINITY ? "for ever" : `${seconds} s`;
}

function groupWords(message: GroupMessage): FrameWords {
  const name = `${message.protocol}v${message.version}`;
  if (message.kind === "records") {
    const records = message.records.map(recordText).map((text, i, all) => (i < all.length - 1 ? `${text},` : text));
    return { role: "group", parts: [`${name} report`, ...records], details: [] };
  }
  if (message.kind !== "query")
    return { role: "group", parts: [`${name} ${message.kind} ${message.group}`], details: [] };
  const parts = [message.group === null ? `${name} who is in a group?` : `${name} who is in ${message.group}?`];
  if (message.sources.length > 0) parts.push(`from ${message.sources.join(" ")}`);
  if (message.within > 0) parts.push(`answer within ${message.within} s`);
  return { role: "group", parts, details: [] };
}

function recordText({ type, group, sources }: GroupRecord): string {
  return [type, group, ...(sources.length > 0 ? [`{${sources.join(" ")}}`] : [])].join(" ");
}

function icmpWords(d: Dissection, icmp: IcmpMessage): FrameWords {
  const parts = [`${icmp.version === 4 ? "ICMP" : "ICMPv6"} ${icmpText(icmp.version, icmp.type, icmp.code)}`];
  if (icmp.sequence !== undefined) parts.push(`seq ${icmp.sequence}`, `(${bytesText(d.payload.length)})`);
  if (icmp.mtu !== undefined) parts.push(`mtu ${icmp.mtu}`);
  if (icmp.pointer !== undefined) parts.push(`at byte ${icmp.pointer}`);
  if (icmp.gateway !== undefined) parts.push(`to ${icmp.gateway}`);
  return { role: "icmp", parts, details: icmp.quoted ? aboutDetail(icmp.quoted) : [] };
}

// Which packet a message quotes.
function aboutDetail({ ip, ports }: Dissection): string[] {
  if (!ip) return [];
  const ends = [endpointText(ip.source, ports?.source), endpointText(ip.destination, ports?.destination)];
  return [`about ${protocolText(ip.protocol)} ${ends.join(" > ")}`];
}
