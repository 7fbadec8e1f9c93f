// What every command shares that looks at a stack in another terminal: how the stack is named, how it is asked, and that
// the answer is text or data.

import type { Command } from "commander";
import type { InterfaceStatus } from "../inspect/interfaces.ts";
import { chooseStack } from "./choose-stack.ts";
import { ask, type StackCard } from "./control.ts";

export interface ViewerFlags {
  stack?: string;
  json?: boolean;
}

/** A running stack that can be asked. */
export interface Viewed {
  readonly card: StackCard;
  /** Puts a question of the control channel. */
  ask<T>(question: string): Promise<T>;
}

/** Declares what every command has that looks at a running stack; `json` where that has a short form, too. */
export function addViewerOptions(command: Command, json = "--json"): Command {
  return command
    .option("--stack <name>", "name or PID of the stack, where several run")
    .option(json, "print data instead of text");
}

/** The stack that the flags mean. Rejects as `chooseStack` does. */
export async function viewedStack(flags: ViewerFlags): Promise<Viewed> {
  const { card, path } = await chooseStack(flags.stack);
  return { card, ask: (question) => ask(path, question) as Promise<never> };
}

/** Prints data where --json is given, else text. */
export function print(flags: ViewerFlags, data: unknown, text: () => string): void {
  process.stdout.write(flags.json ? `${JSON.stringify(data, null, 2)}\n` : text());
}

/** The program that a socket's owner stands for; what is left of a connection (TIME_WAIT) belongs to none any more. */
export function programOf({ pid, name }: StackCard): (owner: number) => string | null {
  return (owner) => (owner === pid ? name : null);
}

/** How the adapters of a stack are called. */
export function namesOf(interfaces: readonly InterfaceStatus[]): (adapter: number) => string {
  const names = new Map(interfaces.map(({ index, name }) => [index, name]));
  return (adapter) => names.get(adapter) ?? `adapter ${adapter}`;
}
