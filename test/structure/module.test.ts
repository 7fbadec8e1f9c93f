// Every module that the build makes keeps the contract of module-contract.ts. Those of boards: test/boards.

import { firmwarePath, profileNames } from "../../host/build/firmware.mjs";
import { describeModule } from "./module-contract.ts";

const DEBUG_BUILDS = ["node"];

for (const name of profileNames() as string[]) {
  describeModule(firmwarePath(name), name);
  if (DEBUG_BUILDS.includes(name)) describeModule(firmwarePath(name, true), name, true);
}
