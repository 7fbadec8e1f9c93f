// Thimble itself in the comparison.

import type { Trial } from "../benchmark.ts";
import { connectionTrial } from "../connections.ts";
import { datagramTrial } from "../datagrams.ts";
import { compileWorks, workTrial } from "../inside/works.ts";
import { Pair, type PairOptions } from "../pair.ts";
import { bulkTrial, FRAMES_PER_POLL, roundTripTrial } from "../streams.ts";
import type { Contestant, Offer } from "./contestant.ts";
import { type Work, WorkKind } from "./works.ts";

const CREATE = { one: Pair.createInside, two: Pair.create } as const;

/** `module`: the core alone. The works are compiled into another one, as the applications of the peers are with theirs. */
export async function thimbleOffer(module: WebAssembly.Module, say: (what: string) => void): Promise<Offer> {
  say("building thimble with the works inside");
  const withWorks = await compileWorks();
  const contestants = (["one", "two"] as const).flatMap((arrangement): Contestant[] => {
    const start = CREATE[arrangement];
    const inside = async (work: Work, options: PairOptions): Promise<Trial> =>
      workTrial(await start(withWorks, options), work);
    return [
      { name: "thimble", arrangement, prepare: (work) => inside(work, optionsOf(work)) },
      // The same without a limit to what a poll takes in, which only bulk has.
      {
        name: "thimble-whole-windows",
        arrangement,
        prepare: async (work) => (work.kind === WorkKind.BULK ? inside(work, {}) : null),
      },
      {
        name: "thimble-js",
        arrangement,
        prepare: async (work) => outsideTrial(work, await start(module, optionsOf(work))),
      },
    ];
  });
  return {
    contestants,
    configuration: [
      "thimble: profile node, IPv6 and timestamps on; in bulk a poll takes in two frames, in thimble-whole-windows all",
      "  -js: the application is JavaScript; without, it is inside the module as those of the peers are",
    ],
    missing: [],
  };
}

function optionsOf(work: Work): PairOptions {
  return work.kind === WorkKind.BULK ? { framesPerPoll: FRAMES_PER_POLL } : {};
}

function outsideTrial(work: Work, pair: Pair): Trial {
  switch (work.kind) {
    case WorkKind.BULK:
      return bulkTrial(pair, work.packets);
    case WorkKind.ROUND_TRIPS:
      return roundTripTrial(pair);
    case WorkKind.CONNECTIONS:
      return connectionTrial(pair, work.pause * 1000);
    case WorkKind.DATAGRAMS:
      return datagramTrial(pair, work.bytes);
  }
}
