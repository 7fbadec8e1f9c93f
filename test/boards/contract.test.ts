// The modules of boards keep the contract of every module, and a board's folder says all that a board needs.

import { compileModule } from "../../host/board/build.ts";
import { boardNames, firmwarePath } from "../../host/build/firmware.mjs";
import { describeModule } from "../structure/module-contract.ts";

for (const name of boardNames() as string[]) describeModule(firmwarePath(name), name, false, () => compileModule(name));
