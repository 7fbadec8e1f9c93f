// Every public member of Node's sockets and servers is there, or MEMBERS.md says why it is not.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { FILE, memberTables, memberText } from "./members.ts";
import { thimbleStage } from "./stages.ts";

const MOST_ABSENT = 10;
/** The version whose members the file lists; others have a few more. */
const NODE = "20";
const OTHER_NODE =
  process.versions.node.split(".")[0] === NODE
    ? false
    : `the table is that of Node ${NODE}, this is ${process.version}`;

describe("members of Node's sockets", () => {
  it("are there, but for at most ten, each with a reason, and the file says so", { skip: OTHER_NODE }, async () => {
    const stage = await thimbleStage();
    const tables = memberTables(stage.server, stage.serverDgram);
    await stage.strike();
    const absent = tables.flatMap(({ members }) => members).filter(({ isThere }) => !isThere);
    assert.ok(absent.length <= MOST_ABSENT, `${absent.length} are not there`);
    for (const { name, reason } of absent) assert.ok(reason !== null, `${name} is not there, and nobody says why`);
    assert.equal(readFileSync(FILE, "utf8"), memberText(tables), "npm run members writes it anew");
  });
});
