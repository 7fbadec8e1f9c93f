// SSH over a stack: the client of `ssh2` is given its socket. Names of the user and of the key's file come from the
// environment: SSH_USER, SSH_KEY.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { Client, type ClientChannel, type SFTPWrapper } from "ssh2";
import { type Example, runAsProgram } from "./example.ts";

const BYTES = 300_000;

/** Runs a command, feeds another, and writes and reads a file by SFTP. */
export const sshExample: Example = async (stack, host) => {
  const client = new Client();
  client.connect({
    sock: stack.net.connect(Number(process.env.SSH_PORT ?? 22), host),
    username: process.env.SSH_USER ?? "root",
    privateKey: readFileSync(process.env.SSH_KEY ?? ".ssh/id_ed25519"),
  });
  await once(client, "ready");
  try {
    const run = promisify(client.exec.bind(client)) as (command: string) => Promise<ClientChannel>;
    const greeting = await text(await run("echo hello from $((6 * 7))"));
    const counter = await run("wc -c");
    counter.end(Buffer.alloc(BYTES));
    const counted = await text(counter);
    const sftp = await promisify<SFTPWrapper>(client.sftp.bind(client))();
    const path = `/tmp/thimble-ssh-${process.pid}`;
    await promisify(sftp.writeFile.bind(sftp) as (p: string, d: Buffer, done: () => void) => void)(
      path,
      Buffer.alloc(BYTES, "s"),
    );
    const size = await promisify<{ size: number }>((done) => sftp.stat(path, done))();
    await promisify<void>((done) => sftp.unlink(path, (error) => done(error ?? null)))();
    return `ssh: ${greeting.trim()}, ${counted.trim()} bytes counted, a file of ${size.size}`;
  } finally {
    client.end();
  }
};

await runAsProgram(import.meta.url, sshExample);
