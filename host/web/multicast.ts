// The groups that a UDP socket of web streams is in.

import type { UdpSocket } from "../socket/udp-socket.ts";
import { networkError } from "./errors.ts";
import type { MulticastController, UDPSocketOptions } from "./types.ts";

/** Sets what the options say of groups. Throws InputError for a time to live that cannot be. */
export function setMulticastOptions(socket: UdpSocket, options: UDPSocketOptions): void {
  const { multicastTimeToLive, multicastLoopback } = options;
  if (multicastTimeToLive !== undefined) socket.setMulticastTTL(multicastTimeToLive);
  if (multicastLoopback !== undefined) socket.setMulticastLoopback(multicastLoopback);
}

export function multicastController(socket: UdpSocket): MulticastController {
  const groups = new Set<string>();
  const attempt = async (call: () => void): Promise<void> => {
    try {
      call();
    } catch (error) {
      throw networkError(error);
    }
  };
  return {
    get joinedGroups() {
      return [...groups];
    },
    joinGroup: (group) =>
      attempt(() => {
        socket.addMembership(group);
        groups.add(group);
      }),
    leaveGroup: (group) =>
      attempt(() => {
        socket.dropMembership(group);
        groups.delete(group);
      }),
  };
}
