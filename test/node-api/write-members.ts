// `npm run members`.

import { writeMembers } from "./members.ts";
import { thimbleStage } from "./stages.ts";

const stage = await thimbleStage();
writeMembers(stage.server, stage.serverDgram);
await stage.strike();
