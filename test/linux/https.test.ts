// curl fetches from a site over TLS and HTTP/2 that Node's own http2 serves over a Thimble.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { CERTIFICATE } from "../node-api/certificate.ts";
import { checkCaptures } from "./support/capture.ts";
import { sha256, writeRandomFile } from "./support/files.ts";
import type { SiteOrder } from "./support/https-site.ts";
import { FULL, KERNEL_6, Network, STACK, STACK_6 } from "./support/network.ts";
import { skip } from "./support/requirements.ts";

const NAME = "thimble.test";
const BYTES = FULL ? 50_000_000 : 5_000_000;
const AT_ONCE = 10;

describe("a site over TLS", () => {
  let network: Network;
  let content: string;
  let trust: string[];

  before(async () => {
    if (skip) return;
    network = new Network();
    network.addAddress6(`${KERNEL_6}/64`);
    const file = join(network.folder, "page");
    content = writeRandomFile(file, BYTES);
    const certificate = join(network.folder, "certificate.pem");
    writeFileSync(certificate, CERTIFICATE);
    trust = ["--cacert", certificate, "--resolve", `${NAME}:443:${STACK}`];
    const order: SiteOrder = { pcap: network.newCapture(), file };
    const site = network.script("https-site.ts", order);
    let said = "";
    site.stderr?.on("data", (chunk) => (said += chunk));
    assert.ok(await network.untilStackAnswers(() => site.exitCode !== null), `the site does not answer: ${said}`);
  });

  after(() => network?.close());

  /** The protocol that was spoken, and what came. */
  async function curl(...args: string[]): Promise<{ version: string; body: Buffer }> {
    const options = [
      "-sS",
      "--fail",
      "--no-progress-meter",
      "--retry-connrefused",
      "--retry",
      "5",
      "-w",
      "%{stderr}%{http_version}",
    ];
    const { status, stdout, stderr } = await network.run("curl", [...options, ...args]);
    assert.equal(status, 0, stderr);
    return { version: stderr, body: stdout };
  }

  for (const [option, version] of [
    ["--http2", "2"],
    ["--http1.1", "1.1"],
  ]) {
    it(`curl ${option} fetches ${BYTES / 1_000_000} MB byte for byte`, { skip }, async () => {
      const answer = await curl(option, ...trust, `https://${NAME}/`);
      assert.equal(answer.version, version);
      assert.equal(sha256(answer.body), content);
    });
  }

  it(`curl fetches ${AT_ONCE} times at once over one connection`, { skip }, async () => {
    const urls = Array.from({ length: AT_ONCE }, (_, i) => [`https://${NAME}/${i}`, "-o", "/dev/null"]).flat();
    const { version } = await curl("--http2", "--parallel", ...trust, ...urls);
    assert.equal(version, "2".repeat(AT_ONCE));
  });

  it("curl posts a file and gets it back", { skip }, async () => {
    const { body } = await curl("--http2", ...trust, "--data-binary", `@${network.folder}/page`, `https://${NAME}/`);
    assert.equal(sha256(body), content);
  });

  it("curl fetches over IPv6, and refuses a certificate that nobody vouches for", { skip }, async () => {
    const there = ["--resolve", `${NAME}:443:[${STACK_6}]`];
    const { version, body } = await curl("--http2", ...trust.slice(0, 2), ...there, `https://${NAME}/`);
    assert.deepEqual([version, sha256(body)], ["2", content]);
    const { status } = await network.run("curl", ["-sS", ...there, `https://${NAME}/`]);
    assert.equal(status, 60);
  });

  it("sent nothing that Wireshark finds fault with", { skip }, () => checkCaptures(network));
});
