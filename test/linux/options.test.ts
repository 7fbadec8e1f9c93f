// TCP's options, agreed with the kernel and refused by it: selective acknowledgment (RFC 2018), timestamps and window
// scaling (RFC 7323), explicit congestion notification (RFC 3168). Whoever connects, and whatever is agreed, a file
// crosses a bad cable in both directions at once, byte for byte. `ss` says what the kernel believes is agreed. What the
// losses cost is printed: the rate in each direction, and what the stack counted. 20 MB each way with THIMBLE_FULL=1.

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { checkCaptures } from "./support/capture.ts";
import { type ExchangeOptions, type ExchangeOutcome, runExchange } from "./support/exchange.ts";
import { writeRandomFile } from "./support/files.ts";
import { FULL, Network } from "./support/network.ts";
import { skip } from "./support/requirements.ts";

const BYTES = FULL ? 20_000_000 : 1_000_000;
const SEED = Number(process.env.THIMBLE_SEED ?? 1);
const CABLE = `,loss=1%,reorder=1%,delay=5ms,seed=${SEED}`;

type Asker = ExchangeOptions["asker"];

/** The options, with the words of `ss -tio` that say they are agreed. */
const WORDS = { sack: /^sack$/, timestamps: /^ts$/, scaling: /^wscale:\d+,\d+$/, ecn: /^ecn(seen)?$/ };
type Option = keyof typeof WORDS;
const OPTIONS = Object.keys(WORDS) as Option[];

/** What is off, who connects, and whether the normal run has it, too. */
const CASES: readonly { off: readonly Option[]; asker: Asker; brief: boolean }[] = [
  { off: [], asker: "kernel", brief: true },
  { off: [], asker: "thimble", brief: true },
  { off: OPTIONS, asker: "kernel", brief: true },
  { off: OPTIONS, asker: "thimble", brief: true },
  ...OPTIONS.flatMap((option, i) => [
    { off: [option], asker: "kernel" as const, brief: i % 2 === 0 },
    { off: [option], asker: "thimble" as const, brief: i % 2 === 1 },
  ]),
];

/** Counters that tell how losses were repaired. */
const TOLD = [
  "TcpRetransSegs",
  "TcpFastRetransmits",
  "TcpTimeouts",
  "TcpSpuriousTimeouts",
  "TcpLossProbes",
  "TcpLossProbeRecoveries",
];

/** Of ECN: 1 asks when it connects and agrees when asked, 2 only agrees, 0 neither. */
function setOptions(network: Network, off: readonly Option[], asker: Asker): void {
  const isOn = (option: Option): boolean => !off.includes(option);
  network.setVariable("tcp_sack", isOn("sack") ? 1 : 0);
  network.setVariable("tcp_timestamps", isOn("timestamps") ? 1 : 0);
  network.setVariable("tcp_window_scaling", isOn("scaling") ? 1 : 0);
  network.setVariable("tcp_ecn", isOn("ecn") ? (asker === "kernel" ? 1 : 2) : 0);
}

function tellCosts(title: string, { kernel, thimble, counters }: ExchangeOutcome): void {
  const rate = ({ milliseconds }: { milliseconds: number }): string =>
    `${((BYTES * 8) / milliseconds / 1000).toFixed(1)} Mbit/s`;
  const counted = TOLD.map((name) => `${name} ${counters[name]}`).join(", ");
  process.stdout.write(`  ${title}: from Thimble ${rate(kernel)}, to it ${rate(thimble)}; ${counted}\n`);
}

async function exchangeWith(off: readonly Option[], asker: Asker, ecn: boolean, title: string): Promise<string[]> {
  const network = new Network();
  try {
    setOptions(network, off, asker);
    const file = join(network.folder, "file");
    const content = writeRandomFile(file, BYTES);
    const outcome = await runExchange(network, { asker, file, impairments: CABLE, ecn });
    assert.equal(outcome.kernel.sha256, content);
    assert.equal(outcome.thimble.sha256, content);
    tellCosts(title, outcome);
    await checkCaptures(network);
    return outcome.words;
  } finally {
    network.close();
  }
}

function demandAgreed(words: readonly string[], off: readonly Option[]): void {
  const agreed = OPTIONS.filter((option) => words.some((word) => WORDS[option].test(word)));
  assert.deepEqual(
    agreed,
    OPTIONS.filter((option) => !off.includes(option)),
    words.join(" "),
  );
}

describe(`${BYTES / 1e6} MB each way behind 1 % loss, 1 % reordering and 5 ms (seed ${SEED})`, () => {
  for (const { off, asker, brief } of CASES) {
    if (!brief && !FULL) continue;
    const missing = off.length === 0 ? "every option" : off.length > 1 ? "no option" : `all but ${off[0]}`;
    const title = `${asker} connects, ${missing}`;
    it(title, { skip }, async () => {
      // Thimble asks for what the kernel is to refuse, too.
      demandAgreed(await exchangeWith(off, asker, true, title), off);
    });
  }

  it("thimble connects and does not ask for ECN, which the kernel would agree to", { skip }, async () => {
    demandAgreed(await exchangeWith([], "thimble", false, "thimble connects, no ECN asked for"), ["ecn"]);
  });
});
