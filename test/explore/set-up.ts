// Plays a set-up, and says what RFC 9293 calls the variables then: those of the set-up, with absolute numbers, and the
// window that the last segment of the stack has offered.

import { type Player, prepare } from "../segment/play.ts";
import { parseScript } from "../segment/script.ts";
import { ACK, type Connection, SYN } from "./connection.ts";
import { offset, plus } from "./sequence.ts";
import { PEER_TSVAL, type SetUp, standard, withOptions } from "./states.ts";

/** Most text in a segment of the peer, and what its timestamps take of that. */
const LONGEST_TEXT = 1460;
const TIMESTAMP_ROOM = 12;

/** Where both sides' sequence numbers begin. */
export interface Placement {
  ourIss: number;
  peerIss: number;
}

/** A machine at the end of a set-up. */
export interface Played {
  player: Player;
  /** The script that was played. */
  script: string;
  connection: Connection;
  /** How far the windows that the stack offers are shifted. */
  ourShift: number;
}

/** Plays `setUp` on the released core of its profile; `stamped`: the peer offers timestamps, scaling and SACK. */
export async function playSetUp(setUp: SetUp, stamped: boolean, { ourIss, peerIss }: Placement): Promise<Played> {
  const mss = stamped ? LONGEST_TEXT - TIMESTAMP_ROOM : LONGEST_TEXT;
  const directives = [`profile ${setUp.profile}`, `our-iss ${ourIss | 0}`, `peer-iss ${peerIss | 0}`];
  const head = [`// ${setUp.name}`, ...directives.map((directive) => `* ${directive}`)].join("\n");
  const script = `${head}${withOptions(setUp.script(mss), stamped)}`;
  const player = await prepare(parseScript(setUp.name, script));
  player.playSteps();
  player.demandIss(ourIss);
  const ourShift = stamped ? shiftOf(player) : 0;
  const agreed = { tsRecent: stamped ? PEER_TSVAL : undefined, sackPermitted: stamped };
  const connection = { ...variablesOf(setUp, mss, player, ourShift), ...agreed };
  return { player, script, connection, ourShift };
}

function variablesOf(
  setUp: SetUp,
  mss: number,
  player: Player,
  ourShift: number,
): Omit<Connection, "tsRecent" | "sackPermitted"> {
  const relative = standard(setUp.variables(mss));
  const { peerIss, ourIss = 0, lastPacket } = player.peer.conversation(1);
  const ours = (number: number): number => plus(ourIss, number);
  const peers = (number: number): number => plus(peerIss, number);
  const rcvNxt = peers(relative.rcvNxt);
  return {
    ...relative,
    iss: ours(relative.iss),
    sndUna: ours(relative.sndUna),
    sndNxt: ours(relative.sndNxt),
    sndWl1: peers(relative.sndWl1),
    sndWl2: ours(relative.sndWl2),
    irs: peers(relative.irs),
    rcvNxt,
    rcvWnd: lastPacket ? offeredWindow(lastPacket, rcvNxt, ourShift) : 0,
    held: relative.held.map(({ from, to }) => ({ from: peers(from), to: peers(to) })),
    heldFin: relative.heldFin === undefined ? undefined : peers(relative.heldFin),
  };
}

/** The stack shifts its windows so that its largest fits 16 bits. */
function shiftOf(player: Player): number {
  const { RX_PACKETS_PER_TCB, MSS } = player.machine.core.constants;
  return Math.max(0, 16 - Math.clz32(RX_PACKETS_PER_TCB * MSS));
}

// A SYN has no number yet to count from, and its window is not shifted (RFC 7323 §2.2).
function offeredWindow(packet: Uint8Array, rcvNxt: number, shift: number): number {
  const view = new DataView(packet.buffer, packet.byteOffset + 20);
  const flags = view.getUint8(13);
  const window = view.getUint16(14) << (flags & SYN ? 0 : shift);
  return flags & ACK ? offset(rcvNxt, plus(view.getUint32(8), window)) : window;
}
