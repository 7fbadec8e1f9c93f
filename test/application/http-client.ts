// Requests written out, and the answers read without a library: what the server sends is what is tested.

import type { TcpConnection } from "../../host/socket/tcp-connection.ts";

export interface Answer {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Reads answers one after the other off a connection. */
export class AnswerReader {
  #connection: TcpConnection;
  #bytes = Buffer.alloc(0);

  constructor(connection: TcpConnection) {
    this.#connection = connection;
  }

  /** The next answer; null at the end of the stream. `toHead`: the request was one, so that no body follows. */
  async next(toHead = false): Promise<Answer | null> {
    const end = await this.#until(() => this.#bytes.indexOf("\r\n\r\n"));
    if (end < 0) {
      if (this.#bytes.length > 0) throw new Error(`half an answer: ${this.#bytes}`);
      return null;
    }
    const [first = "", ...lines] = this.#bytes.subarray(0, end).toString("latin1").split("\r\n");
    this.#bytes = this.#bytes.subarray(end + 4);
    const [, status, reason = ""] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(first) ?? [];
    if (status === undefined) throw new Error(`no status line: ${first}`);
    const fields = Object.fromEntries(lines.map((line) => readField(line)));
    const length = toHead || status === "304" ? 0 : Number(fields["content-length"] ?? Number.NaN);
    if (Number.isNaN(length)) throw new Error(`an answer without its length:\n${lines.join("\n")}`);
    await this.#until(() => (this.#bytes.length >= length ? 0 : -1));
    if (this.#bytes.length < length) throw new Error(`${this.#bytes.length} of ${length} bytes came`);
    const body = this.#bytes.subarray(0, length).toString("latin1");
    this.#bytes = this.#bytes.subarray(length);
    return { status: Number(status), reason, fields, body };
  }

  /** What came after the answers that were read, until the peer closed. */
  async rest(): Promise<string> {
    await this.#until(() => -1);
    return this.#bytes.toString("latin1");
  }

  async #until(found: () => number): Promise<number> {
    for (;;) {
      const place = found();
      if (place >= 0) return place;
      const piece = await this.#connection.read();
      if (piece === null) return -1;
      this.#bytes = Buffer.concat([this.#bytes, piece]);
    }
  }
}

function readField(line: string): [string, string] {
  const [, name, value] = /^([\w-]+): (.*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`no field: ${line}`);
  return [name.toLowerCase(), value];
}

/** A request for a path, with fields; 1.1 and a host unless told otherwise. */
export function request(path: string, fields: readonly string[] = [], method = "GET"): string {
  return [`${method} ${path} HTTP/1.1`, "Host: thimble", ...fields, "", ""].join("\r\n");
}
