// What the tests of boards need, and the sentence that says what is missing.

import { BOARD_PROGRAMS, missingPrograms } from "../../runner/debian.mjs";

const missing = missingPrograms(BOARD_PROGRAMS) as readonly { debian: string }[];

/** Why boards cannot be built and run here; false when they can. Fits the `skip` option of a test. */
export const skip: string | false =
  missing.length > 0 &&
  `the tests of boards need the Debian packages ${missing.map(({ debian }) => debian).join(", ")}`;
