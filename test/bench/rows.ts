// Everything that `npm run bench` measures, in the order in which it says so.

import type { Benchmark } from "./benchmark.ts";
import { ceilings } from "./ceiling.ts";
import { connections } from "./connections.ts";
import { datagrams } from "./datagrams.ts";
import { Pair } from "./pair.ts";
import { promises } from "./promises.ts";
import { bulk, FRAMES_PER_POLL, roundTrips } from "./streams.ts";

const [two, inside] = [Pair.create, Pair.createInside];

export const ROWS: readonly Benchmark[] = [
  bulk("bulk", "64 KB", 44, two, FRAMES_PER_POLL),
  bulk("bulk-4mss", "4 MSS", 4, two, FRAMES_PER_POLL),
  bulk("bulk-8k", "8 KB", 5, two, FRAMES_PER_POLL),
  bulk("bulk-256k", "256 KB", 179, two, FRAMES_PER_POLL),
  bulk("bulk-whole", "64 KB", 44, two),
  promises,
  roundTrips("round-trips", two),
  connections("connections", two),
  datagrams("udp-64", 64, two),
  datagrams("udp-1472", 1472, two),
  bulk("inside-bulk", "64 KB", 44, inside, FRAMES_PER_POLL),
  bulk("inside-bulk-4mss", "4 MSS", 4, inside, FRAMES_PER_POLL),
  bulk("inside-bulk-whole", "64 KB", 44, inside),
  roundTrips("inside-round-trips", inside),
  connections("inside-connections", inside),
  datagrams("inside-udp-64", 64, inside),
  datagrams("inside-udp-1472", 1472, inside),
  ...ceilings,
];
