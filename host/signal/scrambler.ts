// The scrambler of 100BASE-TX (IEEE 802.3 clause 25, by way of ANSI X3.263): the bits are added to those of a shift
// register, x^11 + x^9 + 1, so that idle does not sound as one tone. The receiver learns the register's state from idle,
// whose bits are all 1.

const LENGTH = 11;
const TAP = 9;
/** Idle bits that must be right behind those from which the state was learnt. */
const PROOF = 29;

/** The bits of the register, which `state` begins with: the last 11 of them, the oldest first. */
function nextKey(state: number): number {
  return ((state >> (LENGTH - 1)) ^ (state >> (TAP - 1))) & 1;
}

/** The transmitter's side. */
export class Scrambler {
  /** The last eleven bits of the key, the newest lowest; never all 0. */
  #state = 1;

  scramble(bits: Uint8Array): Uint8Array {
    return bits.map((bit) => {
      const key = nextKey(this.#state);
      this.#state = ((this.#state << 1) | key) & ((1 << LENGTH) - 1);
      return bit ^ key;
    });
  }
}

/** The receiver's side: the bits behind the eleven from which it learns the state; null when these are not idle. */
export function descramble(bits: Uint8Array): Uint8Array | null {
  if (bits.length < LENGTH + PROOF) return null;
  let state = 0;
  for (let i = 0; i < LENGTH; i++) state = (state << 1) | (bits[i] ^ 1);
  const plain = bits.slice(LENGTH).map((bit) => {
    const key = nextKey(state);
    state = ((state << 1) | key) & ((1 << LENGTH) - 1);
    return bit ^ key;
  });
  return plain.subarray(0, PROOF).every((bit) => bit === 1) ? plain : null;
}
