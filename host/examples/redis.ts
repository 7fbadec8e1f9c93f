// Redis over a stack: `ioredis` takes a connector, which is asked for a stream.

import { AbstractConnector, Redis } from "ioredis";
import type { Stack } from "../stack.ts";
import { type Example, runAsProgram } from "./example.ts";

const DISCONNECT_MS = 2000;

/** A client of Redis whose connections are the stack's. */
export function redisOver(stack: Stack, host: string, port = 6379): Redis {
  class StackConnector extends AbstractConnector {
    constructor() {
      super(DISCONNECT_MS);
    }

    override async connect(): Promise<typeof this.stream> {
      const stream = stack.net.connect(port, host);
      // The client listens a moment later; until then this is where it looks.
      stream.once("error", (error) => {
        this.firstError = error;
      });
      this.stream = stream;
      return stream;
    }
  }
  return new Redis({ Connector: StackConnector, lazyConnect: true, maxRetriesPerRequest: 1 });
}

/** Sets and gets, counts in a pipeline, waits in a list, and listens to a channel. */
export const redisExample: Example = async (stack, host) => {
  const [redis, listener, worker] = [1, 2, 3].map(() => redisOver(stack, host));
  try {
    await redis.set("thimble:page", Buffer.alloc(1_000_000, "x"));
    const page = await redis.getBuffer("thimble:page");
    const counted = await redis.pipeline(Array.from({ length: 500 }, () => ["incr", "thimble:counter"])).exec();
    const heard = new Promise<string>((resolve) => listener.on("message", (_channel, words) => resolve(words)));
    await listener.subscribe("thimble:news");
    await redis.publish("thimble:news", "over a stack of our own");
    const waiting = worker.blpop("thimble:queue", 5);
    await redis.rpush("thimble:queue", "job");
    const words = [`${page?.length} bytes`, `counted to ${counted?.at(-1)?.[1]}`, await heard, (await waiting)?.[1]];
    return `redis: ${words.join(", ")}`;
  } finally {
    await redis.del("thimble:page", "thimble:counter");
    for (const client of [redis, listener, worker]) client.disconnect();
  }
};

await runAsProgram(import.meta.url, redisExample);
