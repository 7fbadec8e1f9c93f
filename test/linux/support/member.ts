// A member of groups, over the kernel's sockets or on a Thimble on the TAP: does what lines on its standard input say
// and prints a line of JSON for each datagram that comes, and for each thing done. Runs in the namespace.
//
//   join GROUP [SOURCE]    leave GROUP [SOURCE]    send GROUP TEXT    count

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { createStack, realClock } from "../../../host/stack.ts";
import { captureWire } from "../../../host/wire/capture.ts";
import { openWire } from "../../../host/wire/kinds.ts";
import { KERNEL, STACK, STACK_MAC, TAP } from "./network.ts";

export interface MemberOrder {
  kind: "kernel" | "thimble";
  pcap: string;
}

export type MemberEvent =
  | { event: "ready" }
  | { event: "received"; text: string; address: string }
  | { event: "done"; line: string; counters: Record<string, number> };

const PORT = 7000;

/** What the two kinds of socket have in common. */
interface GroupSocket {
  addMembership(group: string, where: string): void;
  dropMembership(group: string, where: string): void;
  addSourceSpecificMembership(source: string, group: string, where: string): void;
  dropSourceSpecificMembership(source: string, group: string, where: string): void;
}

interface Member {
  socket: GroupSocket;
  address: string;
  send(text: string, group: string): void;
  counters(): Record<string, number>;
}

function tell(event: MemberEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

async function kernelMember(): Promise<Member> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  socket.on("message", (message, { address }) => tell({ event: "received", text: message.toString(), address }));
  socket.bind(PORT);
  await once(socket, "listening");
  socket.setMulticastInterface(KERNEL);
  return { socket, address: KERNEL, send: (text, group) => socket.send(text, PORT, group), counters: () => ({}) };
}

async function stackMember(pcap: string): Promise<Member> {
  const clock = realClock();
  const { wire } = await openWire(`tap:${TAP}`, { clock });
  const captured = captureWire(wire, pcap, clock);
  const stack = await createStack({ wires: [{ wire: captured, address: `${STACK}/24`, mac: STACK_MAC }], clock });
  const socket = await stack.udp({ port: PORT });
  void (async () => {
    for await (const { data, address } of socket) {
      tell({ event: "received", text: Buffer.from(data).toString(), address });
    }
  })();
  return {
    socket,
    address: STACK,
    send: (text, group) => socket.send(text, group, PORT),
    counters: () => stack.counters(),
  };
}

function obey({ socket, address, send }: Member, line: string): void {
  const [verb = "", group = "", rest = ""] = line.split(" ");
  if (verb === "send") send(rest, group);
  else if (verb === "join" && rest) socket.addSourceSpecificMembership(rest, group, address);
  else if (verb === "leave" && rest) socket.dropSourceSpecificMembership(rest, group, address);
  else if (verb === "join") socket.addMembership(group, address);
  else if (verb === "leave") socket.dropMembership(group, address);
  else if (verb !== "count") throw new Error(`${verb} is none of join, leave, send, count`);
}

const order = JSON.parse(process.argv[2]) as MemberOrder;
const member = await (order.kind === "kernel" ? kernelMember() : stackMember(order.pcap));
tell({ event: "ready" });
for await (const line of createInterface({ input: process.stdin })) {
  obey(member, line);
  tell({ event: "done", line, counters: member.counters() });
}
process.exit(0);
