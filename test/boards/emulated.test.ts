// The modules of boards in Node, unchanged: each finds its MAC emulated, and moves data through it on a good and on a bad
// cable. Virtual time.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { compileModule } from "../../host/board/build.ts";
import { boardNames } from "../../host/build/firmware.mjs";
import { type CableOptions, createCable, createStack, type TcpConnection, VirtualClock } from "../../host/index.ts";
import { noise, readAll } from "../host/pair.ts";

const BYTES = 100_000;
const SEED = Number(process.env.THIMBLE_SEED ?? 1);
/** Frames lost and damaged, and microseconds of delay. */
const BAD = { loss: 0.02, corrupt: 0.02, delay: 2000, seed: SEED };

async function plug(profile: string, options: Omit<CableOptions, "clock">) {
  const clock = new VirtualClock();
  const cable = createCable({ clock, ...options });
  const [left, right] = cable;
  const board = await createStack({ profile, clock, seed: SEED, wires: [{ wire: right, address: "10.0.0.2/24" }] });
  const peer = await createStack({ clock, seed: SEED, wires: [{ wire: left, address: "10.0.0.1/24" }] });
  return { clock, cable, board, peer };
}

/** Sends back what comes until the peer has ended. */
async function echo(connection: TcpConnection): Promise<void> {
  for await (const bytes of connection) await connection.write(bytes);
  await connection.end();
}

async function exchange(profile: string, options: Omit<CableOptions, "clock">) {
  const { clock, board, peer } = await plug(profile, options);
  const listener = await board.listen({ port: 7 });
  const accepted = listener.accept();
  const connection = await clock.settle(peer.connect({ address: "10.0.0.2", port: 7 }));
  const served = accepted.then(echo);
  const sent = noise(BYTES, SEED);
  const written = connection.write(sent).then(() => connection.end());
  const received = await clock.settle(readAll(connection));
  await clock.settle(Promise.all([written, served]));
  assert.ok(received.equals(sent), "what came back is not what was sent");
  return board.macs[0].counters;
}

for (const name of boardNames() as string[]) {
  describe(`the module of ${name} in Node`, () => {
    before(() => compileModule(name));

    it("answers pings of every length that a frame has, in steps", async () => {
      const { clock, peer } = await plug(name, {});
      for (let bytes = 0; bytes <= 1472; bytes += 23) {
        assert.equal((await clock.settle(peer.ping("10.0.0.2", { bytes }))).bytes, bytes);
      }
    });

    it("sends back what a peer sends, whole", async () => {
      assert.equal((await exchange(name, {})).descriptorErrors, 0);
    });

    it(`sends it back through a cable that loses and damages frames (seed ${SEED})`, async () => {
      const counters = await exchange(name, BAD);
      assert.ok(counters.rxFcsErrors > 0, "no damaged frame reached the board");
    });

    it("looks at its link as time goes by, and follows it", async () => {
      const { clock, board, cable } = await plug(name, {});
      // Whatever gives the stack a turn lets it look, once a second.
      const linkAfterTurn = async (): Promise<number> => {
        clock.runUntil(clock.now() + 1_500_000);
        await clock.settle(board.ping("10.0.0.9", { timeout: 1500 }).catch(() => null));
        return board.core.exports.linkUp(0);
      };
      assert.equal(await linkAfterTurn(), 1);
      cable.unplug();
      assert.equal(await linkAfterTurn(), 0);
      cable.plug();
      assert.equal(await linkAfterTurn(), 1);
    });
  });
}
