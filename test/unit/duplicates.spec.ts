// What duplicate ACKs of a peer without SACK are taken to say: that one more segment has arrived, not which.

import { startPackets } from "../../assembly/device/packet";
import { takeOutputs } from "../../assembly/transport/endpoint";
import {
  countDuplicate,
  firstOutstanding,
  markHeadLost,
  uncountDuplicates,
  unmarkLost,
} from "../../assembly/transport/tcp/scoreboard";
import { dropAcknowledged, enqueue, sendRoom, startSending } from "../../assembly/transport/tcp/send-queue";
import { openTcb, startTcbs, Tcb } from "../../assembly/transport/tcp/tcb";
import { draw, oneIn, startDraws } from "./draw";

const MSS: u32 = 100;

let tcb: Tcb = changetype<Tcb>(0);

/** Segments on their way to a peer without SACK, the wrap of numbers in their midst. */
function startWithoutSack(packets: u32): void {
  startPackets();
  startTcbs();
  takeOutputs();
  tcb = openTcb(0)!;
  startSending(tcb, 0 - 2 * MSS);
  tcb.sndUna++;
  tcb.sndMss = <u16>MSS;
  for (let i: u32 = 0; i < packets; i++) {
    enqueue(tcb, sendRoom(tcb), 0);
    tcb.sndNxt = tcb.sndEnd;
    tcb.sndNew = null;
  }
}

describe("duplicate ACKs of a peer without SACK", () => {
  it("each take a segment out of the pipe, but never the one at the hole", () => {
    startWithoutSack(4);
    for (let i = 0; i < 9; i++) countDuplicate(tcb);
    expect<u32>(tcb.sackedBytes).toBe(3 * MSS);
    markHeadLost(tcb);
    expect<u32>(tcb.pipe).toBe(0);
  });

  it("never count more than is on its way, through random losses and acknowledgments", () => {
    let wrong = "";
    for (let seed: u32 = 1; seed <= 40 && wrong.length == 0; seed++) {
      startWithoutSack(6);
      startDraws(seed);
      for (let i = 0; i < 20 && tcb.flight; i++) {
        const kind = draw(8);
        if (kind < 4) countDuplicate(tcb);
        else if (kind == 4) markHeadLost(tcb);
        else if (kind == 5) unmarkLost(tcb, tcb.sndHead!);
        else acknowledgeHead();
        if (tcb.sackedBytes + tcb.lostBytes > tcb.flight) wrong = `seed ${seed}, step ${i}`;
      }
    }
    expect<string>(wrong).toBe("");
  });
});

// The repaired segment is acknowledged, and in one case of two what came behind it.
function acknowledgeHead(): void {
  const bytes = oneIn(2) ? firstOutstanding(tcb) : tcb.flight;
  dropAcknowledged(tcb, tcb.sndUna + bytes);
  uncountDuplicates(tcb, bytes);
}
