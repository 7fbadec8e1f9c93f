// AbortSignal on sockets and servers.

import { delay, type Scenario, thrownBy } from "../scene.ts";

export const aborting: Record<string, Scenario> = {
  "aborted before": async (s) => {
    const near = s.connect(await s.listen(), { signal: AbortSignal.abort() } as object);
    s.note("client", near.destroyed);
    await s.closed(near);
  },

  "aborted at once": async (s) => {
    const controller = new AbortController();
    const near = s.connect(await s.listen(), { signal: controller.signal } as object);
    controller.abort();
    s.note("client", near.destroyed);
    await s.closed(near);
  },

  "aborted with a reason": async (s) => {
    const controller = new AbortController();
    const near = s.connect(await s.listen(), { signal: controller.signal } as object);
    await s.until(near, "ready");
    controller.abort(new Error("no more"));
    await s.closed(near);
    s.note("client", near.errored?.message, (near.errored?.cause as Error)?.message);
  },

  "aborted after the end": async (s) => {
    const controller = new AbortController();
    const server = await s.listen({}, (far) => far.resume());
    const near = s.connect(server, { signal: controller.signal } as object);
    near.resume();
    near.end();
    await s.closed(near);
    controller.abort();
    await delay(5);
  },

  "aborted while a write waits": async (s) => {
    const controller = new AbortController();
    const server = await s.listen({ pauseOnConnect: true });
    const near = s.connect(server, { signal: controller.signal } as object);
    near.write(Buffer.alloc(20_000_000), (error) => s.note("client", "first", error));
    near.write("x", (error) => s.note("client", "second", error));
    await s.until(near, "ready");
    await delay(20);
    controller.abort();
    await s.closed(near);
  },

  "a server aborted before": async (s) => {
    const server = s.watchServer(s.server.createServer());
    server.listen({ port: 0, signal: AbortSignal.abort() });
    await s.closed(server);
    await delay(5);
    s.note("server", server.listening);
  },

  "a server aborted with connections open": async (s) => {
    const controller = new AbortController();
    const server = await s.listen({}, (far) => far.resume(), { signal: controller.signal });
    const near = s.connect(server);
    await s.until(near, "ready");
    await s.until(server, "connection");
    controller.abort();
    await delay(5);
    s.note("server", server.listening);
    near.resume();
    near.end();
    await s.closed(server, near);
  },

  "something else than a signal": async (s) => {
    s.note("client", thrownBy(() => new s.client.Socket({ signal: "x" as never })) instanceof TypeError);
    s.note(
      "server",
      thrownBy(() => s.server.createServer().listen({ port: 0, signal: 7 as never })),
    );
  },
};
