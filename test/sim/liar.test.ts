// Peers that lie about what they have received do the stack no harm: no assertion of the debug build fails, nothing that is
// sent is malformed, no data is left without a timer, what is read is what was sent, all is delivered once the peer is
// honest, and every pool is full at the end.
// The story that a failure prints is a segment script. One connection can be repeated from its seed: THIMBLE_SEED=n.

import { Random } from "../../host/random.ts";
import { test } from "../runner/recorded.ts";
import { Player } from "../segment/play.ts";
import { parseScript } from "../segment/script.ts";
import { debugFirmware } from "./debug-firmware.ts";
import { Liar } from "./liar.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const FIRST_SEED = Number(process.env.THIMBLE_SEED ?? 1);
const CONNECTIONS = process.env.THIMBLE_SEED ? 1 : FULL ? 5000 : 150;
const TURNS = 120;
/** ACKs of an honest peer in which everything must be delivered: it takes a window in each. */
const MOST_AMENDS = 150;
/** The connection begins just below the wrap of sequence numbers in this part of the cases. */
const NEAR_WRAP = 0.3;

async function lie(profile: string, seed: number, module: WebAssembly.Module): Promise<void> {
  const random = new Random(seed, 5);
  const peerIss = random.chance(NEAR_WRAP) ? -random.below(20_000) : random.u32();
  const lines = [`* profile ${profile}`, `* seed ${seed}`, `* peer-iss ${peerIss >>> 0}`, "* demand none"];
  const play = (text: string): void => {
    lines.push(text);
    player.playLines(text);
  };
  const opening = [...lines, "+0 (nothing)"].join("\n");
  const player = await Player.create(parseScript(`seed ${seed}`, `// A lying peer, seed ${seed}\n${opening}`), {
    module,
  });
  const liar = new Liar(random);
  try {
    play(liar.opening());
    for (let turn = 0; turn < TURNS; turn++) play(liar.next(player));
    for (let turn = 0; turn < MOST_AMENDS && liar.queued(player) > 0; turn++) play(liar.amends(player));
    if (liar.queued(player) > 0) throw new Error(`${liar.queued(player)} bytes are stuck`);
    play(liar.ending());
    player.finish();
  } catch (error) {
    throw new Error(`${(error as Error).message.split("\n  What happened")[0]}\n${lines.join("\n")}`, { cause: error });
  }
}

/** Connections that once went wrong. */
const CAUGHT = [
  { profile: "node", seed: 3023 },
  { profile: "eight", seed: 1267 },
] as const;

for (const { profile, seed } of CAUGHT) {
  test(`the lying peer of seed ${seed} does profile ${profile} no harm`, async () => {
    await lie(profile, seed, await debugFirmware(profile));
  });
}

for (const profile of ["node", "tiny", "eight"]) {
  test(`${CONNECTIONS} lying peers do profile ${profile} no harm (from seed ${FIRST_SEED})`, async () => {
    const module = await debugFirmware(profile);
    for (let seed = FIRST_SEED; seed < FIRST_SEED + CONNECTIONS; seed++) await lie(profile, seed, module);
  });
}
