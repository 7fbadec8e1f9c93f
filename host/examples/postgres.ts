// PostgreSQL over a stack: `pg` is given a function that makes its socket.

import pg from "pg";
import { type Example, runAsProgram } from "./example.ts";

const ROWS = 2000;

/** Makes a table, fills it in a transaction, asks, and has a mistake explained. */
export const postgresExample: Example = async (stack, host) => {
  const user = process.env.PGUSER ?? "postgres";
  const client = new pg.Client({
    stream: () => new stack.net.Socket(),
    ...{ host, user, database: "postgres", password: process.env.PGPASSWORD, port: 5432 },
  });
  await client.connect();
  try {
    await client.query("CREATE TEMPORARY TABLE cups (id serial PRIMARY KEY, holds text NOT NULL)");
    await client.query("BEGIN");
    const text = "INSERT INTO cups (holds) SELECT $1 || n FROM generate_series(1, $2) AS n";
    const { rowCount } = await client.query(text, ["tea ", ROWS]);
    await client.query("COMMIT");
    const { rows } = await client.query("SELECT id, holds, repeat(holds, 50) AS much FROM cups ORDER BY id");
    const mistake = await client
      .query("SELECT nothing FROM nowhere")
      .catch((error) => (error as { code: string }).code);
    return `postgres: ${rowCount} rows in, ${rows.length} out, the last "${rows.at(-1).holds}", a mistake is ${mistake}`;
  } finally {
    await client.end();
  }
};

await runAsProgram(import.meta.url, postgresExample);
