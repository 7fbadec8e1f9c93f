// What takes the place of host/node/modules.ts in the bundle for browsers: no module of Node's is there, and who asks for
// one is told what to use.

import { parseAddress } from "../core/address.ts";
import { compileFile, compileSource, type FirmwareSource, fetchBytes } from "../core/firmware-source.ts";
import { InputError } from "../errors.ts";
import type { Machine } from "../machine.ts";
import type { Hosts } from "../node/lookup.ts";

/** A page has no process id. */
const PAGE_OWNER = 1;

export function defaultOwner(): number {
  return PAGE_OWNER;
}

/** The compiled core of a profile, from the file beside the bundle. Rejects with InputError ERR_WASM. */
export function loadFirmware(profile: string, debug: boolean): Promise<WebAssembly.Module> {
  const file = `thimble${profile === "node" ? "" : `-${profile}`}${debug ? "-debug" : ""}.wasm`;
  return compileFile(new URL(file, import.meta.url), fetchBytes);
}

/** Compiles what the caller has brought. Rejects with InputError ERR_WASM. */
export function compileFirmware(source: FirmwareSource): Promise<WebAssembly.Module> {
  return compileSource(source, fetchBytes);
}

export class Modules {
  #hosts = new Map<string, string[]>();

  /** Throws InputError ERR_ADDRESS. */
  constructor(_machine: Machine, hosts: Hosts) {
    for (const [name, addresses] of Object.entries({ localhost: ["127.0.0.1", "::1"], ...hosts })) {
      const all = [addresses].flat();
      all.forEach(parseAddress);
      this.#hosts.set(name.toLowerCase(), all);
    }
  }

  get net(): never {
    return refuse("net", "stack.web.TCPSocket, or stack.connect()");
  }

  get dgram(): never {
    return refuse("dgram", "stack.web.UDPSocket, or stack.udp()");
  }

  get dns(): never {
    return refuse("dns", "the option hosts of createStack()");
  }

  get fetch(): never {
    return refuse("fetch", "stack.web.TCPSocket");
  }

  dispatcher(): never {
    return refuse("dispatcher", "stack.web.TCPSocket");
  }

  httpAgent(): never {
    return refuse("httpAgent", "stack.web.TCPSocket");
  }

  httpsAgent(): never {
    return refuse("httpsAgent", "stack.web.TCPSocket");
  }

  serve(): never {
    return refuse("serve", "stack.web.TCPServerSocket, or stack.listen()");
  }

  /** Addresses of a name in the table, or the literal itself. Rejects with InputError ERR_ADDRESS. */
  async find(hostname: string): Promise<string[]> {
    const known = this.#hosts.get(hostname.toLowerCase());
    if (known === undefined) parseAddress(hostname);
    return known ?? [hostname];
  }
}

function refuse(member: string, instead: string): never {
  throw new InputError("ERR_NO_NODE", `stack.${member} stands on modules of Node, which are not here; use ${instead}.`);
}
