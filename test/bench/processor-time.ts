// How long a process's main thread has had a processor, as Linux counts it.

import { readFileSync } from "node:fs";

/** Nanoseconds; null where the system does not tell. Of a thread that runs, it may be some milliseconds old. */
export function processorTime(pid: number): number | null {
  try {
    const [nanoseconds] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ");
    return Number(nanoseconds);
  } catch {
    // Another system, or a kernel that keeps no such account.
    return null;
  }
}
