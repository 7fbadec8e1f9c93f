// Frames at random, valid ones and damaged ones, over either version of IP, at a machine with sockets in all states: it
// never traps, never sends a malformed frame, never leaves data without a timer, answers an echo after all of them, and
// gives every packet and control block back at the end.
// 20,000 frames of each version at the debug build, which asserts; a million at the released one with THIMBLE_FULL=1.
// A round of 500 can be repeated from its seed: THIMBLE_SEED=n.

import assert from "node:assert/strict";
import { Errno } from "../../assembly/abi/errno.ts";
import { SocketKind } from "../../assembly/abi/sockets.ts";
import { State } from "../../assembly/abi/status.ts";
import { loadFirmware } from "../../host/core/firmware.ts";
import { Random } from "../../host/random.ts";
import { test } from "../runner/recorded.ts";
import type { Version } from "../segment/addresses.ts";
import { endEverything, findLeftover, findUntimed } from "../segment/closing.ts";
import { type ReadFrame, readFrame } from "../segment/frames.ts";
import type { Machine } from "../segment/machine.ts";
import { readPacket } from "../segment/patterns.ts";
import { Player } from "../segment/play.ts";
import { debugFirmware } from "./debug-firmware.ts";
import { Draws } from "./fuzz-draws.ts";
import { FrameSource } from "./fuzz-frames.ts";
import { joinedGroups } from "./fuzz-groups.ts";
import { type ZooProfile, zooScript } from "./zoo.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const FRAMES_PER_ROUND = 500;
const ROUNDS = (FULL ? 1_000_000 : 20_000) / FRAMES_PER_ROUND;
const FIRST_SEED = Number(process.env.THIMBLE_SEED ?? 1);
const CONVERSATIONS = 12;
const UDP_PORT = 7007;
/** Frames after which the table of sockets is looked at again, and what arrived is read. */
const LOOK_EVERY = 8;
/** Microseconds in which errors may be sent again and neighbors that do not answer are given up. */
const SETTLING = 10_000_000;
/** Profiles with each version of IP. */
const SUBJECTS: readonly { ip: Version; profiles: readonly ZooProfile[] }[] = [
  { ip: 4, profiles: ["node", "tiny", "eight"] },
  { ip: 6, profiles: ["node"] },
];

class Round {
  readonly #random: Random;
  readonly #source: FrameSource;
  readonly #machine: Machine;
  readonly #usedAtStart: number[];
  readonly #descriptors: number[];

  static async start(profile: ZooProfile, seed: number, module: WebAssembly.Module, ip: Version): Promise<Round> {
    const random = new Random(seed, 3);
    const peerIss = random.chance(0.3) ? -random.below(3000) : random.u32();
    const player = await Player.create(zooScript(profile, seed, peerIss), { module, ip });
    const usedAtStart = player.machine.used();
    player.playSteps();
    return new Round(player, random, usedAtStart);
  }

  private constructor(
    readonly player: Player,
    random: Random,
    usedAtStart: number[],
  ) {
    this.#random = random;
    this.#machine = player.machine;
    this.#source = new FrameSource(new Draws(random), UDP_PORT, player.peer.network);
    this.#usedAtStart = usedAtStart;
    const numbers = Array.from({ length: CONVERSATIONS }, (_, conversation) => player.descriptor(conversation));
    this.#descriptors = numbers.filter((fd) => fd !== undefined);
    this.#openDatagramSocket();
  }

  play(): void {
    for (let frame = 0; frame < FRAMES_PER_ROUND; frame++) {
      if (frame % LOOK_EVERY === 0) this.#useSockets();
      this.#machine.inject(this.#source.next());
      if (this.#random.chance(0.8)) this.#turn();
      if (this.#random.chance(0.2)) this.#passTime(this.#random.below(this.#random.chance(0.1) ? 3_000_000 : 50_000));
    }
  }

  /** The peer says who it is, sends an echo request, and has its answer. */
  demandService(): void {
    const { peer } = this.player;
    const isV6 = peer.network.version === 6;
    this.#passTime(SETTLING);
    for (const line of [isV6 ? "nd solicit us" : "arp request", "icmp echo bytes 8"]) {
      const event = readPacket("in", line, (sentence) => assert.fail(sentence));
      this.#machine.inject(peer.frameOf(event, peer.conversation(1)));
    }
    const before = this.#source.last.slice();
    this.#turn();
    const sent = this.#source.last.filter((frame) => !before.includes(frame));
    assert.ok(
      sent.some((frame) => isAnswer(readFrame(frame), isV6)),
      "the echo is not answered",
    );
  }

  finish(): void {
    endEverything(this.#machine, this.player.peer, this.#descriptors, this.#usedAtStart, () => this.#turn());
    assert.equal(findLeftover(this.#machine, this.#usedAtStart), undefined);
  }

  #openDatagramSocket(): void {
    const fd = this.#machine.call("socket", SocketKind.DATAGRAM, 1);
    assert.equal(this.#machine.call("bind", fd, this.#machine.putAddress(new Uint8Array(4)), UDP_PORT), 0);
    this.#descriptors.push(fd);
    const { version, peer } = this.player.peer.network;
    const { core } = this.#machine;
    // Where the profile has no groups, this is refused.
    joinedGroups(version).forEach((group, i) => {
      const groupAt = core.putAddress(this.#machine.wholeAddress(group), 0);
      const source = i === 0 ? new Uint8Array(4) : peer;
      this.#machine.call("joinGroup", fd, groupAt, core.putAddress(this.#machine.wholeAddress(source), 1), 0);
    });
  }

  /** The application: accepts, reads some of what has come, writes a little. */
  #useSockets(): void {
    this.#source.rows = this.#machine.rows().filter(({ state }) => state !== State.CLOSED);
    if (this.#random.chance(0.2)) this.#connect();
    this.#machine.takeEvents();
    const accepted = this.#machine.call("accept", this.#descriptors[0]);
    if (accepted >= 0) this.#descriptors.push(accepted);
    for (const fd of this.#descriptors) {
      const ready = this.#random.chance(0.5) ? this.#machine.call("recvPeek", fd) : -Errno.EAGAIN;
      if (ready >= 0) this.#machine.call("recvConsume", fd, this.#random.below(ready + 1));
      const room = this.#random.chance(0.1) ? this.#machine.call("sendRoom", fd) : 0;
      if (room > 0) this.#machine.call("sendCommit", fd, 1 + this.#random.below(room));
    }
  }

  /** Another connection, which the frames at random may answer. */
  #connect(): void {
    const fd = this.#machine.call("socket", SocketKind.STREAM, 1);
    if (fd < 0) return;
    const begun = this.#machine.call(
      "connect",
      fd,
      this.#machine.putAddress(this.player.peer.network.peer),
      1 + this.#random.below(65535),
    );
    // A small profile may have promised all its packets to others.
    assert.ok(begun === -Errno.EINPROGRESS || begun === -Errno.ENOBUFS, String(begun));
    this.#descriptors.push(fd);
  }

  #passTime(microseconds: number): void {
    const until = this.#machine.now + microseconds;
    while (this.#machine.wakeAt <= until) {
      this.#machine.now = Math.max(this.#machine.now, this.#machine.wakeAt);
      this.#turn();
    }
    this.#machine.now = until;
  }

  /** Lets the machine run until it rests, and reads all that it sends. */
  #turn(): void {
    do {
      this.#machine.poll();
      for (const frame of this.#machine.takeFrames()) {
        assert.equal(readFrame(frame).other, undefined, "a protocol that the stack does not speak");
        this.#source.keep(frame);
      }
    } while (this.#machine.wakeAt <= this.#machine.now);
    assert.equal(findUntimed(this.#machine), undefined, "unacknowledged data without a timer");
  }
}

function isAnswer({ icmp }: ReadFrame, isV6: boolean): boolean {
  return icmp?.type === (isV6 ? 129 : 0) && icmp.payload.length === 8;
}

for (const [ip, profile, share] of SUBJECTS.flatMap(({ ip, profiles }) =>
  profiles.map((profile) => [ip, profile, profiles.length] as const),
)) {
  const rounds = Array.from({ length: Math.ceil(ROUNDS / share) }, (_, i) => FIRST_SEED + i);
  const frames = `${rounds.length * FRAMES_PER_ROUND} frames of IPv${ip} at random`;
  const title = `${frames} do profile ${profile} no harm (from seed ${FIRST_SEED})`;
  test(title, async () => {
    const module = await (FULL ? loadFirmware(profile, false) : debugFirmware(profile));
    for (const seed of rounds) {
      const round = await Round.start(profile, seed, module, ip);
      try {
        round.play();
        round.demandService();
        round.finish();
      } catch (error) {
        throw new Error(`profile ${profile}, IPv${ip}, THIMBLE_SEED=${seed}: ${String(error)}`, { cause: error });
      }
    }
  });
}
