// Mail over a stack: the transport of `nodemailer` is given the socket of each connection.

import nodemailer, { type Transporter } from "nodemailer";
import type { Stack } from "../stack.ts";
import { type Example, runAsProgram } from "./example.ts";

/** A transport to a mail server. */
export function mailOver(stack: Stack, host: string, port = 25): Transporter {
  return nodemailer.createTransport({
    host,
    port,
    tls: { rejectUnauthorized: false },
    getSocket: (_options: unknown, done: (error: Error | null, socket?: object) => void) => {
      const socket = stack.net.connect(port, host);
      socket.once("error", done);
      socket.once("connect", () => {
        socket.off("error", done);
        done(null, { connection: socket });
      });
    },
  });
}

/** Sends a mail with an attachment. */
export const mailExample: Example = async (stack, host) => {
  const transport = mailOver(stack, host);
  const { response, accepted } = await transport.sendMail({
    from: "thimble@example.test",
    to: "somebody@example.test",
    subject: "Over a stack of our own",
    text: "The attachment is large.",
    attachments: [{ filename: "large", content: Buffer.alloc(200_000, 1) }],
  });
  transport.close();
  return `mail: accepted for ${accepted?.join()}: ${response}`;
};

await runAsProgram(import.meta.url, mailExample);
