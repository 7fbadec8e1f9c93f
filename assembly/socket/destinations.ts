// The order in which an application tries the addresses of a peer.

import { IPV6 } from "profile";
import { Errno } from "../abi/errno";
import { compareDestinations } from "../ip/destination";
import { isReadable } from "./pointers";

/** -1 when the address at `first` is to be tried before that at `second`, 1 when after it, 0 when it does not matter. */
export function orderOf(first: usize, second: usize): i32 {
  if (!IPV6) return 0;
  if (!isReadable(first, 16) || !isReadable(second, 16)) return -Errno.EFAULT;
  return compareDestinations(first, second);
}
