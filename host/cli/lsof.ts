// `thimble lsof`: who holds which socket of a running stack, with lsof's own spelling of what is asked for.

import { userInfo } from "node:os";
import type { Command } from "commander";
import type { InterfaceStatus } from "../inspect/interfaces.ts";
import { lsofText, lsofType } from "../inspect/lsof.ts";
import { portOf } from "../inspect/services.ts";
import type { SocketStatus } from "../status.ts";
import { UsageError } from "./errors.ts";
import { addressArgument, examples } from "./options.ts";
import { type SocketTest, stateTest } from "./socket-filter.ts";
import { addViewerOptions, namesOf, print, programOf, type ViewerFlags, viewedStack } from "./viewer.ts";

interface LsofFlags extends ViewerFlags {
  internet?: SocketTest;
  state?: SocketTest;
  hosts: boolean;
  ports: boolean;
  pid?: number;
  terse?: boolean;
}

const INTERNET = /^([46])?(TCP|UDP|ICMP|RAW)?(?:@(\[[^\]]+\]|[^:]+))?(?::(.+))?$/i;

const HELP = `
What -i takes is [4|6][protocol][@address][:ports], each part where it is wanted: -i4, -iTCP, -i:80,
-iTCP@10.0.0.1:80, -iTCP:1-1024, -iUDP:domain,ntp, -i6TCP@[2001:db8::1]. What -s takes is
PROTOCOL:STATES, as in -sTCP:LISTEN, -sTCP:ESTABLISHED,CLOSE_WAIT, and -sTCP:^LISTEN for all others.
FD is the descriptor; a socket that no program holds any more has none.`;

export function registerLsof(program: Command): void {
  const command = program
    .command("lsof")
    .summary("list who holds which socket of a running stack")
    .description("Lists the sockets of a stack that runs in another terminal and who holds them, as lsof -i does.")
    .option("-i, --internet [what]", "only sockets of such protocols, addresses and ports", internetArgument)
    .option("-s, --state <states>", "only sockets in such states, as in TCP:LISTEN", stateArgument)
    .option("-n, --no-hosts", "addresses as numbers (they always are)")
    .option("-P, --no-ports", "ports as numbers, not as names of services")
    .option("-p, --pid <pid>", "only sockets of this process", pidArgument)
    .option("-t, --terse", "only numbers of processes");
  addViewerOptions(command)
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble lsof -iTCP -sTCP:LISTEN -n -P", "the TCP ports that are open"],
        ["thimble lsof -PiTCP -sTCP:LISTEN", "the same, shorter"],
        ["thimble lsof -i :80", "everything on port 80, at either end"],
        ["thimble lsof -i@10.0.0.1", "what talks to 10.0.0.1"],
        ["kill $(thimble lsof -t -iTCP:7)", "end the process that has port 7"],
      ]),
    )
    .action(run);
}

async function run(flags: LsofFlags): Promise<void> {
  const stack = await viewedStack(flags);
  const tests = [typeof flags.internet === "function" ? flags.internet : null, flags.state ?? null];
  const all = await stack.ask<SocketStatus[]>("netstat");
  const rows = all.filter(
    (row) => tests.every((test) => test?.(row) ?? true) && (flags.pid === undefined || row.owner === flags.pid),
  );
  if (rows.length === 0) process.exitCode = 1; // as lsof does, so that scripts can tell
  if (flags.terse) {
    const owners = [...new Set(rows.map(({ owner }) => owner))].filter((owner) => owner !== 0);
    return print(flags, owners, () => owners.map((owner) => `${owner}\n`).join(""));
  }
  const interfaces = await stack.ask<InterfaceStatus[]>("interfaces");
  const program = programOf(stack.card);
  print(flags, rows, () =>
    rows.length === 0
      ? ""
      : lsofText(rows, {
          numericPorts: !flags.ports,
          user: userInfo().username,
          programOf: (owner) => program(owner) ?? "-",
          deviceOf: namesOf(interfaces),
        }),
  );
}

function internetArgument(text: string): SocketTest {
  const [, version, protocol, address, ports] = INTERNET.exec(text) ?? [];
  if (!INTERNET.test(text) || text === "") {
    throw new UsageError(`-i ${text}: write [4|6][protocol][@address][:ports], as in -i4TCP@10.0.0.1:80.`);
  }
  const tests: SocketTest[] = [];
  if (version) tests.push((row) => [`IPv${version}`, "IP"].includes(lsofType(row)));
  if (protocol) tests.push(({ kind }) => (kind === "echo" ? "ICMP" : kind.toUpperCase()) === protocol.toUpperCase());
  if (address) {
    const wanted = addressArgument("-i", address.replace(/^\[|\]$/g, ""));
    tests.push((row) => row.localAddress === wanted || row.remoteAddress === wanted);
  }
  if (ports) {
    const ranges = ports.split(",").map(portRange);
    const fits = (port: number): boolean => ranges.some(([first, last]) => port >= first && port <= last);
    tests.push((row) => fits(row.localPort) || fits(row.remotePort));
  }
  return (row) => tests.every((test) => test(row));
}

function portRange(text: string): [first: number, last: number] {
  const whole = portOf(text);
  const [first, last] = whole === null ? text.split("-").map(portOf) : [whole, whole];
  if (first == null || last == null)
    throw new UsageError(`-i :${text}: ports are numbers, names of services, or 1-1024.`);
  return [first, last];
}

function stateArgument(text: string): SocketTest {
  const [protocol = "", states = ""] = text.split(":");
  const kind = protocol.toLowerCase();
  if ((kind !== "tcp" && kind !== "udp") || states === "") {
    throw new UsageError(`-s ${text}: write a protocol and its states, as in -sTCP:LISTEN.`);
  }
  const names = states.split(",");
  const isExcluding = names.every((name) => name.startsWith("^"));
  const tests = names.map((name) => {
    const test = stateTest(name.replace(/^\^/, ""));
    if (!test) throw new UsageError(`-s ${text}: ${name} is no state; write one as netstat prints it, as in LISTEN.`);
    return test;
  });
  // As lsof has it: states of one protocol say nothing about sockets of others.
  return (row) => row.kind !== kind || tests.some((test) => test(row)) !== isExcluding;
}

function pidArgument(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`-p ${text}: a process has a number, as netstat -o prints it.`);
}
