// Silence on a connection, and what counts as none.

import { delay, happens, type Scenario, thrownBy } from "../scene.ts";

export const timeouts: Record<string, Scenario> = {
  "activity puts it off": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    near.setTimeout(120);
    for (let i = 0; i < 6; i++) {
      near.write("x");
      await delay(30);
    }
    s.note("client", "written");
    await happens(near, "timeout");
  },

  "what comes in puts it off, too": async (s) => {
    const { near, far } = await s.watchedPair();
    near.resume();
    near.setTimeout(120);
    for (let i = 0; i < 6; i++) {
      far.write("x");
      await delay(30);
    }
    s.note("client", "received");
    await happens(near, "timeout");
  },

  "it comes once, and again after something has happened": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    near.setTimeout(20);
    await happens(near, "timeout");
    await delay(60);
    s.note("client", "only once");
    near.write("x");
    await happens(near, "timeout");
  },

  "set to 0 in its own callback": async (s) => {
    const { near } = await s.watchedPair();
    near.setTimeout(10, () => near.setTimeout(0));
    await happens(near, "timeout");
    await delay(30);
    s.note("client", near.timeout);
  },

  "the callback is a listener for one time, and can be taken back": async (s) => {
    const { near } = await s.pair();
    const callback = (): void => s.note("client", "never");
    near.setTimeout(30, callback);
    s.note("client", near.listenerCount("timeout"));
    near.setTimeout(0, callback);
    s.note("client", near.listenerCount("timeout"));
    await delay(50);
  },

  "a longer one takes the place of a shorter": async (s) => {
    const { near } = await s.watchedPair();
    near.setTimeout(10);
    near.setTimeout(60_000);
    await delay(40);
    s.note("client", near.timeout);
  },

  "destroyed in 'timeout'": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    near.setTimeout(20, () => near.destroy());
    await s.closed(near, far);
  },

  "ended in 'timeout'": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    near.resume();
    near.setTimeout(20, () => near.end("tired"));
    await s.closed(near, far);
  },

  "none after the end": async (s) => {
    const { near, far } = await s.watchedPair();
    far.resume();
    near.resume();
    near.setTimeout(30);
    near.end();
    await s.closed(near, far);
    await delay(60);
  },

  "on a server's sockets": async (s) => {
    const server = await s.listen();
    const gone = new Promise((resolve) => {
      server.on("connection", (far) => {
        s.watch("accepted", far).on("close", resolve);
        far.setTimeout(20, () => far.destroy());
      });
    });
    const near = s.connect(server);
    near.resume();
    await Promise.all([gone, s.closed(near)]);
  },

  "before the connection is begun": async (s) => {
    const server = await s.listen();
    const near = s.watch("client", new s.client.Socket());
    near.setTimeout(100);
    near.connect(s.portOf(server), s.host);
    await happens(near, "timeout");
    s.note("client", near.readyState);
  },

  "values that cannot be": async (s) => {
    const { near } = await s.pair();
    for (const value of [Number.NaN, -1, Number.POSITIVE_INFINITY, "10", null, undefined, {}]) {
      s.note("client", thrownBy(() => near.setTimeout(value as number)) instanceof Error);
      s.note(
        "client",
        thrownBy(() => near.setTimeout(value as number)),
      );
    }
    s.note(
      "client",
      thrownBy(() => near.setTimeout(10, 7 as never)),
    );
  },
};
