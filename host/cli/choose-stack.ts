// Finding the one running stack that a question is meant for.

import { tableText } from "../inspect/table.ts";
import { type FoundStack, findStacks } from "./control.ts";
import { Failure, UsageError } from "./errors.ts";

/**
 * The stack with the name or process id given, or the only one there is. Rejects with a sentence that says what to do
 * when there is none (exit code 1), or when there are several and none was named (exit code 2).
 */
export async function chooseStack(wanted: string | undefined): Promise<FoundStack> {
  const found = await findStacks();
  if (found.length === 0) {
    throw new Failure(
      "No stack of yours is running; start one in another terminal, for example with: thimble serve . --wire sim",
    );
  }
  const fitting = wanted === undefined ? found : found.filter((stack) => answersTo(stack, wanted));
  const [only, ...others] = fitting;
  if (only && others.length === 0) return only;
  if (only) {
    process.stderr.write(stacksText(fitting));
    const which = wanted === undefined ? "Several stacks are running" : `Several stacks are called ${wanted}`;
    throw new UsageError(`${which}; choose one with --stack and its name or its PID.`);
  }
  process.stderr.write(stacksText(found));
  throw new Failure(`No running stack is called ${wanted}.`);
}

/** Running stacks as a table. */
export function stacksText(stacks: readonly FoundStack[]): string {
  const columns = [
    { title: "Name" },
    { title: "PID", align: "right" as const },
    { title: "Command" },
    { title: "Wire" },
    { title: "Address" },
    { title: "Since" },
  ];
  const rows = stacks.map(({ card }) => {
    const since = new Date(card.since).toLocaleTimeString("en-GB");
    return [card.name, String(card.pid), card.command, card.wire, card.addresses.join(" "), since];
  });
  return tableText(columns, rows, "  ");
}

function answersTo({ card }: FoundStack, wanted: string): boolean {
  return card.name === wanted || String(card.pid) === wanted || `${card.name}-${card.pid}` === wanted;
}
