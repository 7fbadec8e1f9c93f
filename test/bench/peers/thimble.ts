// Thimble itself in the comparison.

import type { Trial } from "../benchmark.ts";
import { connectionTrial } from "../connections.ts";
import { datagramTrial } from "../datagrams.ts";
import { Pair, type PairOptions } from "../pair.ts";
import { bulkTrial, FRAMES_PER_POLL, roundTripTrial } from "../streams.ts";
import type { Contestant, Offer } from "./contestant.ts";
import { type Work, WorkKind } from "./works.ts";

const CREATE = { one: Pair.createInside, two: Pair.create } as const;

export function thimbleOffer(module: WebAssembly.Module): Offer {
  const contestants = (["one", "two"] as const).flatMap((arrangement): Contestant[] => {
    const create = (options: PairOptions): Promise<Pair> => CREATE[arrangement](module, options);
    return [
      { name: "thimble", arrangement, prepare: (work) => trialOf(work, create) },
      // The same without that limit, which only bulk has.
      {
        name: "thimble-whole-windows",
        arrangement,
        prepare: async (work) => (work.kind === WorkKind.BULK ? bulkTrial(await create({}), work.packets) : null),
      },
    ];
  });
  return {
    contestants,
    configuration: [
      "thimble: profile node, IPv6 and timestamps on; in bulk a poll takes in two frames, in thimble-whole-windows all",
    ],
    missing: [],
  };
}

async function trialOf(work: Work, create: (options: PairOptions) => Promise<Pair>): Promise<Trial> {
  switch (work.kind) {
    case WorkKind.BULK:
      return bulkTrial(await create({ framesPerPoll: FRAMES_PER_POLL }), work.packets);
    case WorkKind.ROUND_TRIPS:
      return roundTripTrial(await create({}));
    case WorkKind.CONNECTIONS:
      return connectionTrial(await create({}), work.pause * 1000);
    case WorkKind.DATAGRAMS:
      return datagramTrial(await create({}), work.bytes);
  }
}
