// DHCP and DNS messages at random, valid ones and damaged ones, at a machine that is client and server of both: it never
// traps, never sends a malformed frame, still finds names and lends addresses after all of them, and gives every packet and
// socket back at the end. Answers have the right id, port and case, as if whoever makes them up had seen the question.
// 20,000 messages at the debug build, which asserts; a million at the released one with THIMBLE_FULL=1. A round of 500 can
// be repeated from its seed: THIMBLE_SEED=n.

import assert from "node:assert/strict";
import test from "node:test";
import { Autoconfig } from "../../assembly/abi/addresses.ts";
import { Lookup, PoolWord } from "../../assembly/abi/names.ts";
import { Region } from "../../assembly/abi/regions.ts";
import { loadFirmware } from "../../host/core/firmware.ts";
import { Random } from "../../host/random.ts";
import { a, cname, type Question, readQuestion, reply, soa, TYPE } from "../host/name-server.ts";
import { BROADCAST_MAC, OUR_IP, OUR_MAC, PEER_IP, PEER_MAC, PREFIX_LENGTH } from "../segment/addresses.ts";
import { ARP_REPLY, ARP_REQUEST, buildArp } from "../segment/frames/arp.ts";
import { concat, twoBytes } from "../segment/frames/bytes.ts";
import { buildDhcp, CLIENT_PORT, type DhcpMessage, type DhcpOption, SERVER_PORT } from "../segment/frames/dhcp.ts";
import {
  buildEthernet,
  buildIpv4,
  buildUdp,
  ETHER_ARP,
  ETHER_IPV4,
  PROTOCOL_UDP,
  readFrame,
} from "../segment/frames.ts";
import { Machine } from "../segment/machine.ts";
import { debugFirmware } from "./debug-firmware.ts";
import { Draws } from "./fuzz-draws.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const MESSAGES_PER_ROUND = 500;
const ROUNDS = (FULL ? 1_000_000 : 20_000) / MESSAGES_PER_ROUND;
const FIRST_SEED = Number(process.env.THIMBLE_SEED ?? 1);
const DNS = 53;
const EVERYBODY = new Uint8Array(4).fill(0xff);
const NOBODY = new Uint8Array(4);
const NAMES = ["www.example.test", "a", "alias.test", "deep.er.and.deep.er.test", "guest", "x".repeat(60)];
/** Microseconds in which whatever is under way ends. */
const SETTLING = 120_000_000;
/** The client and the servers may each hold the packet that they were to write into last. */
const SERVICES = 3;
const POOLS = [Region.PACKETS, Region.TCBS, Region.DATAGRAM_SOCKETS];

class Round {
  readonly #draws: Draws;
  #lookups: number[] = [];
  #asked: Question | null = null;
  #dhcp: DhcpMessage | null = null;
  #transaction = 1;
  found = 0;
  lent = 0;

  static async start(seed: number, module: WebAssembly.Module): Promise<Round> {
    const machine = await Machine.create({ profile: "node", seed, start: 3_600_000_000, module });
    machine.addAdapter(OUR_MAC, OUR_IP, PREFIX_LENGTH);
    assert.equal(machine.call("addNameServer", machine.putAddress(PEER_IP)), 0);
    assert.equal(machine.call("serveNames", 1), 0);
    return new Round(machine, new Draws(new Random(seed, 5)));
  }

  private constructor(
    readonly machine: Machine,
    draws: Draws,
  ) {
    this.#draws = draws;
    const { at, bytes } = machine.core.putName("here.test");
    assert.equal(machine.call("addHost", at, bytes, machine.putAddress(OUR_IP)), 0);
    this.#lend();
    const bits = draws.random.chance(0.5) ? Autoconfig.DHCP : Autoconfig.DHCP | Autoconfig.DHCP_UNCHECKED;
    assert.equal(machine.call("configure", 0, bits), 0);
  }

  #lend(): void {
    const { core } = this.machine;
    const words = core.u32.subarray(core.scratch >>> 2, (core.scratch >>> 2) + 7);
    words[PoolWord.ADAPTER] = 0;
    words[PoolWord.FIRST] = 0x0a000020;
    words[PoolWord.LAST] = 0x0a000040;
    words[PoolWord.PREFIX_LENGTH] = 24;
    words[PoolWord.LEASE_SECONDS] = 60;
    words[PoolWord.ROUTER] = 0x0a000001;
    words[PoolWord.NAME_SERVER] = 0x0a000001;
    assert.equal(this.machine.call("serveLeases", core.scratch), 0);
  }

  play(): void {
    const { random } = this.#draws;
    for (let message = 0; message < MESSAGES_PER_ROUND; message++) {
      this.#useResolver();
      this.machine.inject(this.#next());
      if (random.chance(0.9)) this.turn();
      if (random.chance(0.3)) this.pass(random.below(random.chance(0.1) ? 30_000_000 : 500_000));
    }
  }

  /** Runs the machine, and reads what it sends. */
  turn(): void {
    do {
      this.machine.poll();
      for (const frame of this.machine.takeFrames()) this.#read(frame);
    } while (this.machine.wakeAt <= this.machine.now);
  }

  pass(micros: number): void {
    const end = this.machine.now + micros;
    while (this.machine.wakeAt <= end) {
      this.machine.now = Math.max(this.machine.now, this.machine.wakeAt);
      this.turn();
    }
    this.machine.now = end;
  }

  // Throws when the frame is malformed.
  #read(frame: Uint8Array): void {
    const { arp, udp, dhcp, ip } = readFrame(frame);
    if (arp && arp.operation === ARP_REQUEST && arp.targetIp.join() === PEER_IP.join()) {
      const answer = {
        operation: ARP_REPLY,
        senderMac: PEER_MAC,
        senderIp: PEER_IP,
        targetMac: OUR_MAC,
        targetIp: OUR_IP,
      };
      this.machine.inject(buildEthernet(OUR_MAC, PEER_MAC, ETHER_ARP, buildArp(answer)));
    }
    if (dhcp?.op === 1) this.#dhcp = dhcp;
    if (dhcp?.op === 2) this.lent++;
    if (udp?.destinationPort === DNS && ip) this.#asked = readQuestion(udp.payload, "", udp.sourcePort);
    if (udp?.sourcePort === DNS) this.found++;
  }

  #useResolver(): void {
    const { core } = this.machine;
    this.#lookups = this.#lookups.filter((handle) => {
      if (this.machine.call("lookupStatus", handle) === Lookup.PENDING) return true;
      this.machine.call("endLookup", handle);
      return false;
    });
    const { at, bytes } = core.putName(this.#draws.one(NAMES));
    const handle = this.machine.call("lookup", at, bytes, this.#draws.one([TYPE.A, TYPE.AAAA, TYPE.MX]));
    if (handle >= 0) this.#lookups.push(handle);
  }

  endLookups(): void {
    for (const handle of this.#lookups.splice(0)) this.machine.call("endLookup", handle);
  }

  // ---- messages ----------------------------------------------------------------------------------------------------

  #next(): Uint8Array {
    const message = this.#draws.weighted([
      { weight: 3, make: () => this.#answer() },
      { weight: 2, make: () => this.#question() },
      { weight: 3, make: () => this.#fromServer() },
      { weight: 3, make: () => this.#fromClient() },
    ]);
    const { random } = this.#draws;
    if (random.chance(0.5) && message.payload.length > 0) {
      message.payload = this.#draws.spoil(
        message.payload,
        random.chance(0.5) ? 0 : Math.min(200, message.payload.length - 1),
        100,
      );
    }
    if (random.chance(0.1)) message.payload = message.payload.slice(0, random.below(message.payload.length + 1));
    return frame(message);
  }

  #answer(): Datagram {
    const question = this.#asked;
    if (question === null) return this.#question();
    const name = question.name;
    const records = [
      a(name, "10.0.0.7", this.#draws.time() >>> 0),
      cname(name, this.#draws.one(NAMES)),
      cname("alias.test", name),
      concat([
        Uint8Array.of(0xc0, this.#draws.one([12, 13, 0, 40, 255])),
        twoBytes(1),
        twoBytes(1),
        new Uint8Array(4),
        twoBytes(4),
        OUR_IP,
      ]),
      soa("test", 5),
    ];
    const some = (): Uint8Array[] =>
      Array.from({ length: this.#draws.random.below(4) }, () => this.#draws.one(records));
    const bits = 0x8180 | this.#draws.one([0, 0, 0, 0, 1, 2, 3, 5, 0x200]);
    const payload = reply(question, { bits, answers: some(), authorities: some() });
    return { from: PEER_IP, to: OUR_IP, sourcePort: DNS, destinationPort: question.port, payload };
  }

  #question(): Datagram {
    const asked = this.#draws.one(["here.test", "guest", "nobody.test", "1.0.0.10.in-addr.arpa"]);
    const labels = asked.split(".").map((label) => Uint8Array.of(label.length, ...Buffer.from(label)));
    const type = this.#draws.one([TYPE.A, TYPE.AAAA, TYPE.PTR, 255, this.#draws.random.below(65536)]);
    const section = concat([...labels, Uint8Array.of(0), twoBytes(type), twoBytes(1)]);
    const payload = concat([...[this.#draws.random.below(65536), 0x100, 1, 0, 0, 0].map(twoBytes), section]);
    return { from: PEER_IP, to: OUR_IP, sourcePort: 5000, destinationPort: DNS, payload };
  }

  #fromServer(): Datagram {
    const type = this.#draws.one([2, 5, 5, 6]);
    const options: DhcpOption[] = [
      { code: 53, data: Uint8Array.of(type) },
      { code: 54, data: PEER_IP },
      { code: 51, data: Uint8Array.of(0, 0, 0, 10 + this.#draws.random.below(200)) },
      { code: 1, data: Uint8Array.of(255, 255, 255, this.#draws.one([0, 128, 17])) },
      { code: this.#draws.one([3, 6, 15, 26, 42, 121, 52, 58]), data: this.#draws.bytes(this.#draws.random.below(20)) },
      { code: 121, data: Uint8Array.of(16, 10, 9, ...PEER_IP) },
    ];
    const message: DhcpMessage = {
      ...{ op: 2, xid: this.#dhcp?.xid ?? 0, secs: 0, isBroadcast: false, ciaddr: NOBODY },
      ...{ yiaddr: this.#draws.one([Uint8Array.of(10, 0, 0, 9), Uint8Array.of(10, 0, 0, 10)]), mac: OUR_MAC, options },
    };
    const payload = buildDhcp(message);
    return { from: PEER_IP, to: EVERYBODY, sourcePort: SERVER_PORT, destinationPort: CLIENT_PORT, payload };
  }

  #fromClient(): Datagram {
    const wanted = Uint8Array.of(10, 0, 0, 0x1e + this.#draws.random.below(40));
    const options: DhcpOption[] = [{ code: 53, data: Uint8Array.of(this.#draws.one([1, 1, 3, 3, 3, 4, 7, 8])) }];
    if (this.#draws.random.chance(0.6)) options.push({ code: 50, data: wanted });
    if (this.#draws.random.chance(0.4)) options.push({ code: 54, data: this.#draws.one([OUR_IP, PEER_IP]) });
    if (this.#draws.random.chance(0.3)) options.push({ code: 12, data: Buffer.from("guest") });
    if (this.#draws.random.chance(0.3))
      options.push({ code: 61, data: this.#draws.bytes(this.#draws.random.below(70)) });
    const ciaddr = this.#draws.random.chance(0.2) ? wanted : NOBODY;
    const mac = Uint8Array.of(2, 0, 0, 0, 9, this.#draws.random.below(100));
    const message = {
      op: 1,
      xid: this.#transaction++,
      secs: 0,
      isBroadcast: true,
      ciaddr,
      yiaddr: NOBODY,
      mac,
      options,
    };
    const payload = buildDhcp(message);
    return { from: NOBODY, to: EVERYBODY, sourcePort: CLIENT_PORT, destinationPort: SERVER_PORT, payload };
  }
}

interface Datagram {
  from: Uint8Array;
  to: Uint8Array;
  sourcePort: number;
  destinationPort: number;
  payload: Uint8Array;
}

function frame({ from, to, sourcePort, destinationPort, payload }: Datagram): Uint8Array {
  const udp = buildUdp({ sourcePort, destinationPort, payload }, from, to);
  const header = { source: from, destination: to, protocol: PROTOCOL_UDP, ttl: 64, tos: 0, identification: 0 };
  const packet = buildIpv4(
    { ...header, flowLabel: 0, dontFragment: true, extensions: [], options: new Uint8Array(0) },
    udp,
  );
  return buildEthernet(to === EVERYBODY ? BROADCAST_MAC : OUR_MAC, PEER_MAC, ETHER_IPV4, packet);
}

const module = FULL ? loadFirmware("node", false) : debugFirmware("node");

test(`${ROUNDS * MESSAGES_PER_ROUND} DHCP and DNS messages, valid and damaged`, async () => {
  const firmware = await module;
  let answers = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
    try {
      const round = await Round.start(seed, firmware);
      const { machine } = round;
      round.turn();
      const used = machine.used();
      round.play();
      round.endLookups();
      round.pass(SETTLING);
      const after = machine.used();
      for (const pool of POOLS) {
        const most = (used[pool] ?? 0) + (pool === Region.PACKETS ? SERVICES : 0);
        assert.ok((after[pool] ?? 0) <= most, `the pool ${Region[pool]} leaks: ${after[pool]} of ${used[pool]}`);
      }
      answers += Math.min(round.found, round.lent);
    } catch (error) {
      throw new Error(`THIMBLE_SEED=${seed} repeats it: ${(error as Error).stack}`, { cause: error });
    }
  }
  assert.ok(answers > ROUNDS * 10, `${answers} questions were answered, too few to mean anything`);
});
