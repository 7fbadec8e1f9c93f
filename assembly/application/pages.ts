// The pages that the module itself has. Here there are none: the command that builds a module with a folder of pages puts
// them into this file's place, as bytes.

/** The number of the page at this path, which has no query, and one more; 0 when there is none. */
export function findPage(_path: usize, _bytes: u32): u32 {
  return 0;
}

/** Where that page lies, and its bytes. */
export function pageAt(_number: u32): usize {
  return 0;
}
export function pageBytes(_number: u32): u32 {
  return 0;
}

/** Its type, as a text: its length in one byte, and its bytes. */
export function pageType(_number: u32): usize {
  return 0;
}

/** Its validator: what it changes with. */
export function pageTag(_number: u32): u64 {
  return 0;
}
