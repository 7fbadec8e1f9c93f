// Sessions of the examples with the real servers: Thimble on the TAP, the server upon the kernel's own TCP/IP.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ROOT } from "./support/namespace.ts";
import { KERNEL, Network, STACK, TAP } from "./support/network.ts";
import {
  mosquitto,
  nginx,
  postgres,
  type RealServer,
  type RunningServer,
  redis,
  SSH_KEY,
  sshd,
  startServer,
} from "./support/real-servers.ts";
import { skip, skipWithout } from "./support/requirements.ts";

/** `ws` upon node:http upon the kernel. */
const MIRROR: RealServer = {
  program: "mirror",
  port: 8080,
  command: () => {
    const file = JSON.stringify(join(ROOT, "host/examples/web-socket.ts"));
    const script = `import(${file}).then(({ mirrorServer }) => mirrorServer().listen(8080, "${KERNEL}"))`;
    return [process.execPath, "--import", "tsx", "-e", script];
  },
};

interface Session {
  example: string;
  server: RealServer;
  /** What it is to report. */
  says: string;
  /** Variables of its environment. */
  environment?: (server: RunningServer) => string[];
}

const SESSIONS: Session[] = [
  {
    example: "fetch",
    server: nginx,
    says: `fetch: 200 from nginx/*, 50000 characters, "Thimble's neighbour", 50000 by HTTP/2.0`,
    environment: ({ folder }) => [`FETCH_CA=${join(folder, "certificate")}`, "FETCH_NAME=thimble.test"],
  },
  { example: "redis", server: redis, says: "redis: 1000000 bytes, counted to 500, over a stack of our own, job" },
  { example: "mqtt", server: mosquitto, says: "mqtt: qos0=1000, qos1=10000, qos2=100000" },
  {
    example: "postgres",
    server: postgres,
    says: 'postgres: 2000 rows in, 2000 out, the last "tea 2000", a mistake is 42P01',
  },
  {
    example: "ssh",
    server: sshd,
    says: "ssh: hello from 42, 300000 bytes counted, a file of 300000",
    environment: ({ folder }) => [`SSH_KEY=${join(folder, SSH_KEY)}`],
  },
  {
    example: "web-socket",
    server: MIRROR,
    says: "websocket: a word, 1000000 bytes, there? yes, closed with 1000",
  },
];

describe("libraries and the real servers", () => {
  let network: Network;

  before(() => {
    if (!skip) network = new Network();
  });

  after(() => network?.close());

  for (const { example, server, says, environment } of SESSIONS) {
    it(`${example} with ${server.program}`, { skip: skipWithout(server.program) }, async () => {
      const running = await startServer(network, server);
      const program = [process.execPath, "--import", "tsx", join(ROOT, `host/examples/${example}.ts`)];
      const variables = environment?.(running) ?? [];
      const where = [`tap:${TAP}`, `${STACK}/24`, KERNEL];
      const { status, stdout, stderr } = await network.run("env", [...variables, ...program, ...where]);
      await running.stop();
      assert.equal(stderr, "");
      const version = /(?<=nginx\/)[\d.]+/;
      assert.deepEqual([status, stdout.toString().trim().replace(version, "*")], [0, says]);
    });
  }
});
