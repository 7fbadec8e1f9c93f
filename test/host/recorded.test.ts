// A test that fails leaves its recording behind and says how to look at it; one that passes leaves nothing.

import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { describe, it } from "node:test";
import { readRecordingFile } from "../../host/replay/read-recording.ts";
import { Replay, type ReplayEvent } from "../../host/replay/replay.ts";
import { recordingFailure } from "../runner/recorded.ts";
import { playRounds } from "../segment/rounds.ts";
import { parseScript } from "../segment/script.ts";

const SCRIPT = `// An acknowledgment of what nobody has sent.
+0    listen
+0    < S   0:0(0) win 65535
+0    > S.  0:0(0) ack 1
+0.02 < .   1:1(0) ack 1 win 65535
+0    accept = ESTABLISHED
`;

describe("a test in virtual time", () => {
  const play = (text: string) => () => playRounds(parseScript("demo.pkt", text), { full: false, debug: false });

  it("that fails says how to replay it, and the replay ends with what it said", async () => {
    const wrong = SCRIPT.replace("S.  0:0(0) ack 1", "S.  0:0(0) ack 2");
    const title = `a script that fails, ${process.pid}`;
    const error = await recordingFailure(title, play(wrong)).then(
      () => null,
      (failure: Error) => failure,
    );
    const [, file] = /\n {2}npm run -s thimble -- replay (\S+) --story 20$/.exec(error?.message ?? "") ?? [];
    assert.ok(file, error?.message);
    try {
      const recorded = readRecordingFile(file).machines[0];
      const replay = await Replay.open(recorded, await WebAssembly.compile(recorded.wasm as BufferSource));
      const remarks: string[] = [];
      replay.onEvent = (event: ReplayEvent) => {
        if (event.kind === "note") remarks.push(event.text);
      };
      replay.run();
      assert.equal(remarks.length, 1);
      assert.ok(error?.message.startsWith(remarks[0]));
      assert.ok(replay.checks > 0);
    } finally {
      rmSync(file);
    }
  });

  it("that passes is not recorded", async () => {
    await recordingFailure("a script that passes", play(SCRIPT));
    assert.equal(existsSync("test/recordings/a-script-that-passes.thimble"), false);
  });
});
