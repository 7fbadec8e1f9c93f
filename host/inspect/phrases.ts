// Phrases that several kinds of frame have in common.

import { formatEndpoint } from "../core/address.ts";

/** "10.0.0.1:80", "[2001:db8::1]:80", or without a port the address alone. */
export function endpointText(address: string, port: number | undefined): string {
  return port === undefined ? address : formatEndpoint(address, port);
}

export function bytesText(bytes: number): string {
  return bytes === 1 ? "1 byte" : `${bytes} bytes`;
}
