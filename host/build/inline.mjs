// An asc transform for profiles that are compiled for speed: functions go into their callers far beyond what asc's own
// limits allow. A frame's way leads through many small functions, each of which would set up a frame of its own, check
// the stack and lose what its caller has in registers; V8 does not inline wasm functions itself.

/**
 * Sizes in Binaryen's measure: up to the first a function always goes in, up to the second where it has no loop or
 * call in it, and whatever has one caller. Larger limits make the module larger and no faster.
 */
const ALWAYS = 80;
const FLEXIBLE = 80;
const ONE_CALLER = 1_000_000;

export default class Inline {
  /** Called by asc before it optimizes, which sets limits of its own: through these methods, so that ours stand. */
  afterCompile() {
    const { module } = this.program;
    const { setAlwaysInlineMaxSize, setFlexibleInlineMaxSize, setOneCallerInlineMaxSize } = module;
    module.setAlwaysInlineMaxSize = () => setAlwaysInlineMaxSize.call(module, ALWAYS);
    module.setFlexibleInlineMaxSize = () => setFlexibleInlineMaxSize.call(module, FLEXIBLE);
    module.setOneCallerInlineMaxSize = () => setOneCallerInlineMaxSize.call(module, ONE_CALLER);
  }
}
