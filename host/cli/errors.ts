// The two ways in which a command ends badly, each with one sentence for stderr.

/** What was typed makes no sense: exit code 2. */
export class UsageError extends Error {
  readonly exitCode = 2;
}

/** It made sense and did not work: exit code 1. */
export class Failure extends Error {
  readonly exitCode = 1;
}

/** Any thrown value as one line. */
export function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, " ").trim();
}
