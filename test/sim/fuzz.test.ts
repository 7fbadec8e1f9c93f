// Frames at random, valid ones and damaged ones, at a machine with sockets in all states: it never traps, never sends
// a malformed frame, never leaves data without a timer, and gives every packet and control block back at the end.
// 20,000 frames at the debug build, which asserts; a million at the released one with THIMBLE_FULL=1.
// A round of 500 can be repeated from its seed: THIMBLE_SEED=n.

import assert from "node:assert/strict";
import test from "node:test";
import { Errno } from "../../assembly/abi/errno.ts";
import { SocketKind } from "../../assembly/abi/sockets.ts";
import { State } from "../../assembly/abi/status.ts";
import { loadFirmware } from "../../host/core/firmware.ts";
import { Random } from "../../host/random.ts";
import { endEverything, findLeftover, findUntimed } from "../segment/closing.ts";
import { readFrame } from "../segment/frames.ts";
import type { Machine } from "../segment/machine.ts";
import { PEER_IP } from "../segment/peer.ts";
import { Player } from "../segment/play.ts";
import { debugFirmware } from "./debug-firmware.ts";
import { FrameSource, GROUPS } from "./fuzz-frames.ts";
import { type ZooProfile, zooScript } from "./zoo.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const FRAMES_PER_ROUND = 500;
const ROUNDS = (FULL ? 1_000_000 : 20_000) / FRAMES_PER_ROUND;
const FIRST_SEED = Number(process.env.THIMBLE_SEED ?? 1);
const CONVERSATIONS = 12;
const UDP_PORT = 7007;
/** Frames after which the table of sockets is looked at again, and what arrived is read. */
const LOOK_EVERY = 8;
const PROFILES: readonly ZooProfile[] = ["node", "tiny", "eight"];

class Round {
  readonly #random: Random;
  readonly #source: FrameSource;
  readonly #machine: Machine;
  readonly #usedAtStart: number[];
  readonly #descriptors: number[];

  static async start(profile: ZooProfile, seed: number, module: WebAssembly.Module): Promise<Round> {
    const random = new Random(seed, 3);
    const peerIss = random.chance(0.3) ? -random.below(3000) : random.u32();
    const player = await Player.create(zooScript(profile, seed, peerIss), { module });
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
    this.#source = new FrameSource(random, UDP_PORT);
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

  finish(): void {
    endEverything(this.#machine, this.player.peer, this.#descriptors, this.#usedAtStart, () => this.#turn());
    assert.equal(findLeftover(this.#machine, this.#usedAtStart), undefined);
  }

  #openDatagramSocket(): void {
    const fd = this.#machine.call("socket", SocketKind.DATAGRAM, 1);
    assert.equal(this.#machine.call("bind", fd, this.#machine.putAddress(new Uint8Array(4)), UDP_PORT), 0);
    this.#descriptors.push(fd);
    // Where the profile has no groups, this is refused.
    GROUPS.forEach((group, i) => {
      const [groupAt, sourceAt] = [group, i === 0 ? new Uint8Array(4) : PEER_IP].map((ip, place) =>
        this.#machine.core.putAddress(this.#machine.wholeAddress(ip), place),
      ) as [number, number];
      this.#machine.call("joinGroup", fd, groupAt, sourceAt, 0);
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
    const begun = this.#machine.call("connect", fd, this.#machine.putAddress(PEER_IP), 1 + this.#random.below(65535));
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

for (const profile of PROFILES) {
  const rounds = Array.from({ length: Math.ceil(ROUNDS / PROFILES.length) }, (_, i) => FIRST_SEED + i);
  const title = `${rounds.length * FRAMES_PER_ROUND} frames at random do profile ${profile} no harm (from seed ${FIRST_SEED})`;
  test(title, async () => {
    const module = await (FULL ? loadFirmware(profile, false) : debugFirmware(profile));
    for (const seed of rounds) {
      const round = await Round.start(profile, seed, module);
      try {
        round.play();
        round.finish();
      } catch (error) {
        throw new Error(`profile ${profile}, THIMBLE_SEED=${seed}: ${String(error)}`, { cause: error });
      }
    }
  });
}
