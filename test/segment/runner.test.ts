// The runner itself: scripts that cannot be read, and scripts that must fail, each with the sentence it fails with.

import assert from "node:assert/strict";
import test from "node:test";
import { play } from "./play.ts";
import { parseScript } from "./script.ts";

const TITLE = "// A rule\n";

/** What cannot be read: the text behind the title, and what the error says of its line 2. */
const UNREADABLE: readonly [string, RegExp][] = [
  ["soon connect", /^x\.pkt:2: soon is not a time/],
  ["+0.5~0.2 > S 0:0(0)", /^x\.pkt:2: the range .* ends before it begins/],
  ["+0 conect", /^x\.pkt:2: conect is not an event/],
  ["+0 write 1 2", /^x\.pkt:2: write takes at most 1 arguments/],
  ["+0 < S", /^x\.pkt:2: a segment is/],
  ["+0 < S 0:5(0)", /^x\.pkt:2: 0:5 is not 0 bytes long/],
  ["+0 < SS 0:0(0)", /^x\.pkt:2: the flag S stands twice/],
  ["+0 < . 1:1(0)", /^x\.pkt:2: .* go together/],
  ["+0 < S 0:0(0) <mess 5>", /^x\.pkt:2: mess is none of the options/],
  ["+0 > S 0:0(0) bad-checksum", /^x\.pkt:2: modifiers are for injected segments/],
  ["+0 < S 0:0(0) wun 5", /^x\.pkt:2: wun is none of/],
  ["+0 > . 1:3002(3*1000) ack 1", /^x\.pkt:2: 1:3002 is not 3000 bytes long/],
  ["+0 < . 1:3001(3*1000) ack 1", /^x\.pkt:2: several segments in one line are for expected/],
  ["+0 < S 0:0(0) <sack 5>", /^x\.pkt:2: 5 is no block of a SACK option/],
  ["+0 < S 0:0(0) <no sack>", /^x\.pkt:2: `no` is for the options of expected/],
  ["+0 > S 0:0(0) <no nop>", /^x\.pkt:2: after `no` stands one of mss/],
  ["+0 < S 0:0(0) ttl high", /^x\.pkt:2: high is not a whole number/],
  ["+0 < S 0:0(0) from nobody", /^x\.pkt:2: nobody is neither an address nor the name of one/],
  ["+0 < S 0:0(0) {dest}", /^x\.pkt:2: dest is none of the headers hop-by-hop/],
  ["+0 < S 0:0(0) {destination opt 300}", /^x\.pkt:2: 300 is not a byte/],
  ["+0 < arp gossip", /^x\.pkt:2: gossip is none of request, reply, probe, announcement/],
  ["+0 < arp request mac 5", /^x\.pkt:2: "5" is not an Ethernet address/],
  ["+0 < nd ask us", /^x\.pkt:2: ask is none of solicit, advertise/],
  ["+0 < nd solicit us override", /^x\.pkt:2: override is none of/],
  ["+0 < nd redirect 2001:db8::9 peer", /^x\.pkt:2: a redirect is/],
  ["+0 < nd router-advertise <prefix 2001:db8::>", /^x\.pkt:2: .* needs a prefix length/],
  ["+0 < nd solicit us <colour 5>", /^x\.pkt:2: colour is none of the options source/],
  ["+0 < igmpv2 report", /^x\.pkt:2: a report names its group/],
  ["+0 < igmpv2 report 224.1.1.1 <to-ex 224.1.1.1>", /^x\.pkt:2: igmpv2 has no lists/],
  ["+0 < mldv1 leave ff02::9", /^x\.pkt:2: leave is none of query, report, done/],
  ["+0 < fragment 0:8", /^x\.pkt:2: a fragment that is injected is one of a packet/],
  ["+0 < fragment 8:0 of udp 5", /^x\.pkt:2: 8:0 ends before it begins/],
  ["+0 < fragment 0:8 of arp request", /^x\.pkt:2: arp is not what fragments are of/],
  ["+0 > . 1:1(0) ack 1 = ESTABLISHD", /^x\.pkt:2: ESTABLISHD is not a TCP state/],
  ["+0 read = many", /^x\.pkt:2: many is neither a number/],
  ["+0 counter TcpOutSegs", /^x\.pkt:2: counter needs/],
  ["+0 < icmp rumour", /^x\.pkt:2: rumour is none of/],
  ["* profile huge", /^x\.pkt:2: huge is none of node, tiny, eight/],
  ["* ip 5", /^x\.pkt:2: 5 is none of 4, 6/],
  ["* colour red", /^x\.pkt:2: unknown directive colour/],
];

for (const [line, expected] of UNREADABLE) {
  test(`unreadable: ${line}`, () => {
    assert.throws(() => parseScript("x.pkt", `${TITLE}${line}\n`), { code: "ESCRIPT", message: expected });
  });
}

test("unreadable: a script without a title, and one without steps", () => {
  assert.throws(() => parseScript("x.pkt", "+0 connect\n"), /x\.pkt:1: .*comment/);
  assert.throws(() => parseScript("x.pkt", TITLE), /no steps/);
});

const OPEN_SACK = "+0 connect\n+0 > S 0:0(0)\n+0.02 < S. 0:0(0) ack 1 <mss 1460, sackOK>\n+0 > . 1:1(0) ack 1\n";
const OPEN = "+0 connect\n+0 > S 0:0(0)\n+0.02 < S. 0:0(0) ack 1 win 65535 <mss 1460>\n+0 > . 1:1(0) ack 1\n";

/** What must fail, and how: the line and the sentence. */
const FAILING: readonly [string, string, number, string][] = [
  ["an expectation that nothing meets", `${OPEN}+0 > . 1:1(0) ack 1\n`, 6, "the stack sent nothing"],
  ["a segment that nobody expects", "+0 connect\n+1 (nothing)\n", 3, "which the script does not expect"],
  ["a segment left over at the end", "+0 connect\n", 2, "which the script does not expect"],
  ["wrong flags", "+0 connect\n+0 > F 0:0(0)\n", 3, "the flags differ"],
  ["a wrong sequence number", `${OPEN}+0 write 5\n+0 > P. 2:7(5) ack 1\n`, 7, "the sequence number differs"],
  ["a wrong length", `${OPEN}+0 write 5\n+0 > P. 1:7(6) ack 1\n`, 7, "the length differs"],
  ["a wrong ACK", `${OPEN}+0 write 5\n+0 > P. 1:6(5) ack 2\n`, 7, "the ACK differs"],
  ["a wrong window", "+0 connect\n+0 > S 0:0(0) win 7\n", 3, "the window differs"],
  ["another time to live", "+0 connect\n+0 > S 0:0(0) ttl 7\n", 3, "its time to live is 64"],
  ["another differentiated services byte", "+0 connect\n+0 > S 0:0(0) tos 7\n", 3, "services byte is 0"],
  ["another identification", "+0 connect\n+0 > S 0:0(0) id 7\n", 3, "its identification is 0"],
  ["another ECN field", "+0 connect\n+0 > S 0:0(0) ect0\n", 3, "its ECN field is not-ect"],
  ["a train that is too short", `${OPEN}+0 write 5\n+0 > . 1:7(2*3) ack 1\n`, 7, "the length differs"],
  ["a train that ends early", `${OPEN}+0 write 5\n+0 > . 1:11(2*5) ack 1\n`, 7, "the stack sent nothing"],
  [
    "other blocks",
    `${OPEN_SACK}+0 < . 101:201(100) ack 1\n+0 > . 1:1(0) ack 1 <sack 101:202>\n`,
    7,
    "the option sack has another value",
  ],
  ["an option that must not be there", "+0 connect\n+0 > S 0:0(0) <no mss>\n", 3, "it carries the option mss"],
  ["bytes that the peer did not mean", `${OPEN}+0 < . 1:6(5) ack 1 garbage\n+0 read\n`, 7, "is not what the peer sent"],
  ["a missing option", "+0 connect\n+0 > S 0:0(0) <opt 99>\n", 3, "the option opt is missing"],
  ["an option with another value", "+0 connect\n+0 > S 0:0(0) <mss 7>\n", 3, "option mss has another value"],
  ["options where none may be", "+0 connect\n+0 > S 0:0(0) <>\n", 3, "it carries options"],
  ["a segment too late", "+0 connect\n+0 > S 0:0(0)\n+0.5~0.9 > S 0:0(0)\n", 4, "the stack sent nothing"],
  ["a segment too early", "+0 connect\n+0 > S 0:0(0)\n+1.2 > S 0:0(0)\n", 4, "too early"],
  ["another state", "+0 connect\n+0 > S 0:0(0) = ESTABLISHED\n", 3, "SYN-SENT instead of ESTABLISHED"],
  ["another result", "+0 connect = -EISCONN\n", 2, "connect returned 0"],
  ["an error without an expectation", "+0 socket\n+0 write 5\n", 3, "write returned -ENOTCONN"],
  ["another kind of frame", "+0 connect\n+0 > icmp echo bytes 5\n", 3, "it is no ICMP message"],
  ["another address", "+0 connect\n+0 > S 0:0(0) to 10.0.0.9\n", 3, "it goes to peer"],
  ["an echo with other data", "+0 < icmp echo bytes 5\n+0 > icmp echo-reply bytes 6\n", 3, "it has 5 bytes of data"],
  ["what a version does not have", "+0 < udp 5 {hop-by-hop}\n", 2, "IPv4 has no extension headers"],
  ["another counter", "+0 connect\n+0 > S 0:0(0)\n+0 counter TcpActiveOpens = 2\n", 4, "TcpActiveOpens is 1"],
];

for (const [title, steps, line, sentence] of FAILING) {
  test(`fails: ${title}`, async () => {
    await assert.rejects(play(parseScript("x.pkt", TITLE + steps)), (error: Error) => {
      assert.ok(error.message.startsWith(`x.pkt:${line}: `), error.message);
      assert.ok(error.message.includes(sentence), error.message);
      return true;
    });
  });
}
