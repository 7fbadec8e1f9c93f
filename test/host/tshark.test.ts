// The dissector against Wireshark's: every field that both have a name for, in every frame of the corpus and of a kernel.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createCable, VirtualClock } from "../../host/index.ts";
import type { DiscoveryOption } from "../../host/inspect/discovery-options.ts";
import { dissect } from "../../host/inspect/dissect.ts";
import type { Dissection } from "../../host/inspect/dissection.ts";
import type { GroupMessage, GroupRecord } from "../../host/inspect/group-messages.ts";
import { captureWire } from "../../host/wire/capture.ts";
import { CORPUS } from "./frame-corpus.ts";
import { KERNEL_FRAMES } from "./kernel-frames.ts";

const folder = mkdtempSync(join(tmpdir(), "thimble-tshark-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const FRAMES = [...CORPUS, ...KERNEL_FRAMES.map(({ bytes }, i) => ({ name: `of a kernel, ${i}`, bytes }))];

type Value = string | number | boolean;
/** All values of a field in one frame, the outer headers' first. */
type Values = (d: Dissection) => readonly (Value | undefined)[];

/** Values of the headers themselves, and of the packet that they quote. */
function each(read: (d: Dissection) => Value | undefined): Values {
  return (d) => withQuoted(d).map(read);
}

function withQuoted(d: Dissection): Dissection[] {
  const redirected = d.discovery?.options.find(({ kind }) => kind === "redirected");
  const quoted = d.icmp?.quoted ?? (redirected?.kind === "redirected" ? redirected.quoted : undefined);
  return quoted ? [d, ...withQuoted(quoted)] : [d];
}

function option<K extends DiscoveryOption["kind"]>(
  kind: K,
  read: (option: Extract<DiscoveryOption, { kind: K }>) => readonly Value[],
): Values {
  const isMeant = (o: DiscoveryOption): o is Extract<DiscoveryOption, { kind: K }> => o.kind === kind;
  return ({ discovery }) => discovery?.options.filter(isMeant).flatMap(read) ?? [];
}

function message<K extends string>(kind: K, name: string): Values {
  return ({ discovery }) => [
    discovery?.kind === kind ? (discovery as unknown as Record<string, Value>)[name] : undefined,
  ];
}

function groups(protocol: GroupMessage["protocol"], read: (group: GroupMessage) => readonly Value[]): Values {
  return ({ group }) => (group?.protocol === protocol ? read(group) : []);
}

const RECORD_TYPES = ["unknown", "is-in", "is-ex", "to-in", "to-ex", "allow", "block"];
const records = (group: GroupMessage, read: (record: GroupRecord) => readonly Value[]): Value[] =>
  group.kind === "records" ? group.records.flatMap(read) : [];
const seconds = (value: number): number => (value === Number.POSITIVE_INFINITY ? 0xffff_ffff : value);
const asked = (group: GroupMessage, nobody: string): Value[] =>
  group.kind === "records" ? [] : [group.group ?? nobody];
const isV4 = ({ icmp }: Dissection): boolean => icmp?.version === 4;

/** Wireshark's names, and what the dissector says there. */
const FIELDS: Record<string, Values> = {
  "eth.dst": (d) => [d.ethernet?.destination],
  "eth.src": (d) => [d.ethernet?.source],
  "vlan.id": (d) => d.vlans?.slice(-1).map(({ vlan }) => vlan) ?? [],
  "vlan.priority": (d) => d.vlans?.slice(-1).map(({ priority }) => priority) ?? [],
  "ieee8021ad.id": (d) => d.vlans?.slice(0, -1).map(({ vlan }) => vlan) ?? [],
  "arp.opcode": (d) => [d.arp?.operation],
  "arp.src.hw_mac": (d) => [d.arp?.senderMac],
  "arp.src.proto_ipv4": (d) => [d.arp?.senderAddress],
  "arp.dst.hw_mac": (d) => [d.arp?.targetMac],
  "arp.dst.proto_ipv4": (d) => [d.arp?.targetAddress],
  "ip.src": each((d) => d.ipv4?.source),
  "ip.dst": each((d) => d.ipv4?.destination),
  "ip.ttl": each((d) => d.ipv4?.ttl),
  "ip.proto": each((d) => d.ipv4?.protocol),
  "ip.id": each((d) => d.ipv4?.identification),
  "ip.len": each((d) => d.ipv4?.totalBytes),
  "ip.hdr_len": each((d) => d.ipv4?.headerBytes),
  "ip.flags.df": each((d) => d.ipv4?.dontFragment),
  "ip.flags.mf": each((d) => d.ipv4?.moreFragments),
  "ipv6.src": each((d) => d.ipv6?.source),
  "ipv6.dst": each((d) => d.ipv6?.destination),
  "ipv6.hlim": each((d) => d.ipv6?.hopLimit),
  "ipv6.tclass": each((d) => d.ipv6?.trafficClass),
  "ipv6.flow": each((d) => d.ipv6?.flowLabel),
  "ipv6.plen": each((d) => d.ipv6?.payloadBytes),
  "ipv6.fraghdr.ident": each((d) => d.ipv6?.identification),
  "ipv6.fraghdr.offset": each((d) => (d.ipv6?.identification === undefined ? undefined : d.ipv6.fragmentOffset / 8)),
  "ipv6.fraghdr.more": each((d) => (d.ipv6?.identification === undefined ? undefined : d.ipv6.moreFragments)),
  "udp.srcport": each((d) => d.udp?.sourcePort),
  "udp.dstport": each((d) => d.udp?.destinationPort),
  "udp.length": each((d) => d.udp?.bytes),
  "tcp.srcport": each((d) => d.ports && (d.ip?.protocol === 6 ? d.ports.source : undefined)),
  "tcp.dstport": each((d) => d.ports && (d.ip?.protocol === 6 ? d.ports.destination : undefined)),
  "tcp.flags": each((d) => d.tcp?.flags),
  "tcp.window_size_value": each((d) => d.tcp?.window),
  "icmp.type": each((d) => (isV4(d) ? d.icmp?.type : undefined)),
  "icmp.code": each((d) => (isV4(d) ? d.icmp?.code : undefined)),
  "icmp.ident": each((d) => (isV4(d) ? d.icmp?.identifier : undefined)),
  "icmp.seq": each((d) => (isV4(d) ? d.icmp?.sequence : undefined)),
  "icmp.mtu": each((d) => (isV4(d) ? d.icmp?.mtu : undefined)),
  "icmp.pointer": each((d) => (isV4(d) ? d.icmp?.pointer : undefined)),
  "icmpv6.type": each((d) => (isV4(d) ? undefined : d.icmp?.type)),
  "icmpv6.code": each((d) => (isV4(d) ? undefined : d.icmp?.code)),
  "icmpv6.echo.identifier": each((d) => (isV4(d) ? undefined : d.icmp?.identifier)),
  "icmpv6.echo.sequence_number": each((d) => (isV4(d) ? undefined : d.icmp?.sequence)),
  "icmpv6.mtu": each((d) => (isV4(d) ? undefined : d.icmp?.mtu)),
  "icmpv6.pointer": each((d) => (isV4(d) ? undefined : d.icmp?.pointer)),
  "icmpv6.nd.ra.cur_hop_limit": message("router advertisement", "hopLimit"),
  "icmpv6.nd.ra.flag.m": message("router advertisement", "managed"),
  "icmpv6.nd.ra.flag.o": message("router advertisement", "other"),
  "icmpv6.nd.ra.router_lifetime": message("router advertisement", "lifetime"),
  "icmpv6.nd.ra.reachable_time": message("router advertisement", "reachable"),
  "icmpv6.nd.ra.retrans_timer": message("router advertisement", "retransmission"),
  "icmpv6.nd.ns.target_address": message("neighbor solicitation", "target"),
  "icmpv6.nd.na.target_address": message("neighbor advertisement", "target"),
  "icmpv6.nd.na.flag.r": message("neighbor advertisement", "router"),
  "icmpv6.nd.na.flag.s": message("neighbor advertisement", "solicited"),
  "icmpv6.nd.na.flag.o": message("neighbor advertisement", "override"),
  "icmpv6.nd.rd.target_address": message("redirect", "target"),
  "icmpv6.rd.na.destination_address": message("redirect", "destination"),
  "icmpv6.opt.src_linkaddr": option("source", ({ mac }) => [mac]),
  "icmpv6.opt.target_linkaddr": option("target", ({ mac }) => [mac]),
  "icmpv6.opt.prefix.flag.l": option("prefix", ({ onLink }) => [onLink]),
  "icmpv6.opt.prefix.flag.a": option("prefix", ({ autonomous }) => [autonomous]),
  "icmpv6.opt.prefix.valid_lifetime": option("prefix", ({ valid }) => [seconds(valid)]),
  "icmpv6.opt.prefix.preferred_lifetime": option("prefix", ({ preferred }) => [seconds(preferred)]),
  "icmpv6.opt.prefix.length": ({ discovery }) =>
    discovery?.options.flatMap((o) => (o.kind === "prefix" || o.kind === "route" ? [o.prefixLength] : [])) ?? [],
  "icmpv6.opt.route_lifetime": option("route", ({ lifetime }) => [lifetime]),
  "icmpv6.opt.mtu": option("mtu", ({ bytes }) => [bytes]),
  "icmpv6.opt.nonce": option("nonce", ({ data }) => [Buffer.from(data).toString("hex")]),
  "icmpv6.opt.rdnss": option("name servers", ({ addresses }) => addresses),
  "icmpv6.opt.rdnss.lifetime": option("name servers", ({ lifetime }) => [lifetime]),
  "icmpv6.opt.dnssl": option("domains", ({ names }) => names),
  "icmpv6.opt.dnssl.lifetime": option("domains", ({ lifetime }) => [lifetime]),
  "icmpv6.mld.multicast_address": groups("MLD", (group) => asked(group, "::")),
  "icmpv6.mld.source_address": groups("MLD", (group) => (group.kind === "query" ? group.sources : [])),
  "icmpv6.mld.qqi": groups("MLD", (g) => (g.kind === "query" && g.version === 2 ? [g.interval] : [])),
  "icmpv6.mld.flag.qrv": groups("MLD", (g) => (g.kind === "query" && g.version === 2 ? [g.robustness] : [])),
  "icmpv6.mld.flag.s": groups("MLD", (g) => (g.kind === "query" && g.version === 2 ? [g.suppress] : [])),
  "icmpv6.mldr.mar.record_type": groups("MLD", (group) => records(group, ({ type }) => [RECORD_TYPES.indexOf(type)])),
  "icmpv6.mldr.mar.multicast_address": groups("MLD", (group) => records(group, (record) => [record.group])),
  "icmpv6.mldr.mar.source_address": groups("MLD", (group) => records(group, ({ sources }) => sources)),
  "igmp.version": groups("IGMP", ({ version }) => [version]),
  "igmp.maddr": groups("IGMP", (group) => [...asked(group, "0.0.0.0"), ...records(group, (record) => [record.group])]),
  "igmp.saddr": groups("IGMP", (group) =>
    group.kind === "query" ? group.sources : records(group, ({ sources }) => sources),
  ),
  "igmp.record_type": groups("IGMP", (group) => records(group, ({ type }) => [RECORD_TYPES.indexOf(type)])),
  "igmp.qrv": groups("IGMP", (g) => (g.kind === "query" && g.version === 3 ? [g.robustness] : [])),
  "igmp.s": groups("IGMP", (g) => (g.kind === "query" && g.version === 3 ? [g.suppress] : [])),
};

const STATUSES = ["ip", "tcp", "udp", "icmp", "icmpv6", "igmp"].map((protocol) => `${protocol}.checksum.status`);
const BAD = "0";

// Wireshark leaves the checksums of three protocols alone unless told; and each frame is looked at by itself.
const PREFERENCES = [
  ...["ip", "tcp", "udp"].map((protocol) => `${protocol}.check_checksum:TRUE`),
  ...["ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE"],
];

/** For each frame the values of each field, as text. */
function askTshark(path: string, names: readonly string[]): Record<string, string[]>[] {
  const options = PREFERENCES.flatMap((preference) => ["-o", preference]);
  const fields = names.flatMap((name) => ["-e", name]);
  const format = ["-T", "fields", "-E", "separator=|", "-E", "aggregator=;"];
  const output = execFileSync("tshark", ["-n", "-r", path, ...options, ...format, ...fields], { stdio: "pipe" });
  const lines = output.toString().trimEnd().split("\n");
  return lines.map((line) => {
    const cells = line.split("|").map((cell) => (cell === "" ? [] : cell.split(";")));
    return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? []]));
  });
}

/** A value as it is compared: numbers and flags however they are written, anything else as it stands. */
function plain(value: Value): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (value === "True" || value === "False") return value === "True" ? "1" : "0";
  return /^(0x[0-9a-f]+|\d+)$/.test(`${value}`) ? String(Number(value)) : `${value}`;
}

/** The fields that this tshark has; a few are called otherwise in others. */
function knownFields(): Set<string> {
  const output = execFileSync("tshark", ["-G", "fields"], { stdio: "pipe", maxBuffer: 2 ** 28 }).toString();
  return new Set(output.split("\n").map((line) => line.split("\t")[2] ?? ""));
}

function valuesOf(d: Dissection, names: readonly string[]): Record<string, string[]> {
  const entries = names.map((name) => {
    const values = FIELDS[name]?.(d).filter((value) => value !== undefined) ?? [];
    return [name, values.map(plain)] as const;
  });
  return Object.fromEntries(entries.filter(([, values]) => values.length > 0));
}

const skip = spawnSync("tshark", ["-v"]).status !== 0 && "tshark is not installed";

describe("what the dissector and tshark say of the same frame", { skip }, () => {
  let names: string[] = [];
  let answers: Record<string, string[]>[] = [];

  before(() => {
    const known = knownFields();
    names = Object.keys(FIELDS).filter((name) => known.has(name));
    const path = join(folder, "corpus.pcap");
    const clock = new VirtualClock();
    const wire = captureWire(createCable({ clock }).left, path, clock);
    for (const { bytes } of FRAMES) wire.send(bytes);
    wire.close();
    answers = askTshark(path, [...names, ...STATUSES]);
  });

  for (const [i, { name, bytes }] of FRAMES.entries()) {
    test(name, () => {
      const d = dissect(bytes);
      const answer = answers[i] ?? {};
      const theirs = names.map((field) => [field, answer[field]?.map(plain) ?? []] as const);
      assert.deepEqual(valuesOf(d, names), Object.fromEntries(theirs.filter(([, values]) => values.length > 0)));
      const isBad = STATUSES.some((status) => answer[status]?.includes(BAD));
      assert.equal(/checksum is wrong/.test(d.problems.join()), isBad, d.problems.join());
    });
  }

  test("most fields are known, and every one of those occurs in some frame", () => {
    assert.ok(names.length > 0.9 * Object.keys(FIELDS).length, `${names.length} are known`);
    for (const name of names)
      assert.ok(
        answers.some((answer) => (answer[name]?.length ?? 0) > 0),
        name,
      );
  });
});
