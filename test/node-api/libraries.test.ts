// Libraries that were written for Node's own sockets, unchanged, over two stacks on a cable; at the other end a server that is
// a library, too. What has no such server, Redis and PostgreSQL, is tested against the real one (test/linux).

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { EventEmitter, once } from "node:events";
import * as https from "node:https";
import { buffer, text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { Aedes } from "aedes";
import { SMTPServer } from "smtp-server";
import ssh2 from "ssh2";
import { WebSocket, WebSocketServer } from "ws";
import { mailExample, mailOver } from "../../host/examples/mail.ts";
import { mqttExample, mqttOver } from "../../host/examples/mqtt.ts";
import { mirrorServer, webSocketExample } from "../../host/examples/web-socket.ts";
import { CERTIFICATE, KEY } from "./certificate.ts";
import { ADDRESS, Machines, NAME } from "./machines.ts";

const BODY = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, i) => i * 17));

describe("libraries over stack.net", () => {
  let machines: Machines;

  before(async () => {
    machines = await Machines.start();
  });

  after(() => machines.stop());

  it("ws: text, bytes, ping and close, both sides over stacks", async () => {
    await machines.serve(mirrorServer(), 8080);
    const said = await webSocketExample(machines.client, ADDRESS);
    assert.equal(said, "websocket: a word, 1000000 bytes, there? yes, closed with 1000");
  });

  it("ws: over TLS, compressed", async () => {
    const server = https.createServer({ key: KEY, cert: CERTIFICATE });
    const sockets = new WebSocketServer({ server, perMessageDeflate: true });
    sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
    const port = await machines.serve(server);
    const agent = machines.client.httpsAgent({ ca: CERTIFICATE });
    const socket = new WebSocket(`wss://${NAME}:${port}/`, { agent });
    await once(socket, "open");
    socket.send(BODY);
    const [mirrored] = (await once(socket, "message")) as [Buffer];
    assert.ok(mirrored.equals(BODY));
    socket.terminate();
    sockets.close();
  });

  it("mqtt with aedes: three qualities of service, a retained message", async () => {
    const broker = await Aedes.createBroker();
    const port = new EventEmitter().on("connection", broker.handle);
    await machines.serve(port, 1883);
    assert.equal(await mqttExample(machines.client, ADDRESS), "mqtt: qos0=1000, qos1=10000, qos2=100000");

    const teller = mqttOver(machines.client, ADDRESS);
    await teller.publishAsync("kept", "still here", { retain: true, qos: 1 });
    const late = mqttOver(machines.client, ADDRESS);
    const kept = new Promise<string>((resolve) => late.once("message", (_topic, payload) => resolve(`${payload}`)));
    await late.subscribeAsync("kept");
    assert.equal(await kept, "still here");
    await Promise.all([teller.endAsync(), late.endAsync()]);
    await new Promise<void>((resolve) => broker.close(resolve));
  });

  it("nodemailer with smtp-server: a mail with an attachment, over STARTTLS", async () => {
    const mails: string[] = [];
    const server = new SMTPServer({
      authOptional: true,
      ...{ key: KEY, cert: CERTIFICATE },
      onData: (stream, session, done) => {
        text(stream).then((mail) => {
          mails.push(`${session.secure} ${mail}`);
          done(null, "kept");
        }, done);
      },
    });
    await machines.serve(server.server, 25);
    assert.match(await mailExample(machines.client, ADDRESS), /accepted for somebody@example.test: 250 .*kept/);
    assert.match(mails[0], /^true (.|\r\n)*Subject: Over a stack of our own/);
    assert.ok(mails[0].length > 200_000 * 1.3);
    const nobody = mailOver(machines.client, ADDRESS, 2525);
    await assert.rejects(nobody.sendMail({ from: "a@b.test", to: "c@d.test" }), { code: "ECONNREFUSED" });
  });

  it("ssh2, client and server: a command that reads and answers, and a forwarded port", async () => {
    const key = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const hostKey = key.privateKey.export({ type: "pkcs1", format: "pem" }) as string;
    const server = new ssh2.Server({ hostKeys: [hostKey] }, (peer) => {
      peer.on("authentication", (attempt) =>
        attempt.method === "password" && attempt.password === "thimble"
          ? attempt.accept()
          : attempt.reject(["password"]),
      );
      peer.on("session", (accept) => {
        accept().on("exec", (acceptExec, _reject, { command }) => {
          const channel = acceptExec();
          let bytes = 0;
          channel.on("data", (data: Buffer) => {
            bytes += data.length;
          });
          channel.on("end", () => {
            channel.write(`${command} got ${bytes}`);
            channel.exit(3);
            channel.end();
          });
        });
      });
      peer.on("tcpip", (accept) => {
        const channel = accept();
        channel.pipe(channel);
      });
      peer.on("error", () => {}); // one client goes without a word
    });
    const port = await machines.serve(new EventEmitter().on("connection", (socket) => server.injectSocket(socket)));

    const client = new ssh2.Client();
    client.connect({ sock: machines.client.net.connect(port, NAME), username: "somebody", password: "thimble" });
    await once(client, "ready");
    const channel = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
      client.exec("count", (error, opened) => (error ? reject(error) : resolve(opened)));
    });
    channel.end(BODY);
    const exited = once(channel, "exit");
    assert.equal(await text(channel), `count got ${BODY.length}`);
    assert.equal((await exited)[0], 3);

    const forwarded = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
      client.forwardOut("127.0.0.1", 1, "far", 2, (error, opened) => (error ? reject(error) : resolve(opened)));
    });
    forwarded.end(BODY);
    assert.ok((await buffer(forwarded)).equals(BODY));
    client.end();
    await once(client, "close");

    const stranger = new ssh2.Client();
    stranger.connect({ sock: machines.client.net.connect(port, NAME), username: "somebody", password: "wrong" });
    await assert.rejects(once(stranger, "ready"), { level: "client-authentication" });
  });
});
