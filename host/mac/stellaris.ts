// The Ethernet controller of Stellaris LM3S parts, emulated. Its FIFO takes 31 frames of any length, as QEMU's does; that
// of the part ends at 2 KB.

import {
  Stellaris,
  StellarisFrame,
  StellarisInterrupt,
  StellarisMii,
  StellarisRx,
  StellarisTx,
} from "../../assembly/device/stellaris-registers.ts";
import type { BusDevice } from "../core/bus.ts";
import { withFcs } from "./fcs.ts";
import { Station } from "./station.ts";

const FRAMES = 31;
const FIFO_BYTES = 2048;

export class StellarisMac extends Station implements BusDevice {
  #causes = 0;
  #mask: number = StellarisInterrupt.ALL;
  #rxControl: number = StellarisRx.REJECT_BAD_CRC;
  #txControl = 0;
  #mii = 0;
  #miiData = 0;
  /** Received frames, each with its length in front and its FCS behind; and how far the first one has been read. */
  #frames: Uint8Array[] = [];
  #readBytes = 0;
  /** What the driver has written of the next frame to send. */
  #toSend = new Uint8Array(FIFO_BYTES);
  #written = 0;

  read(offset: number): number {
    switch (offset) {
      case Stellaris.INTERRUPTS:
        return this.#causes;
      case Stellaris.INTERRUPT_MASK:
        return this.#mask;
      case Stellaris.RX_CONTROL:
        return this.#rxControl;
      case Stellaris.TX_CONTROL:
        return this.#txControl;
      case Stellaris.DATA:
        return this.#readWord();
      case Stellaris.ADDRESS_LOW:
        return this.filter.low;
      case Stellaris.ADDRESS_HIGH:
        return this.filter.high;
      case Stellaris.MII_CONTROL:
        return this.#mii;
      case Stellaris.MII_RX_DATA:
        return this.#miiData;
      case Stellaris.FRAMES:
        return this.#frames.length;
      default:
        // A frame has left before the write that asks for it returns: TX_REQUEST reads 0.
        return 0;
    }
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case Stellaris.INTERRUPTS:
        this.#causes &= ~value;
        if (value & StellarisInterrupt.TX_ERROR) this.#written = 0;
        break;
      case Stellaris.INTERRUPT_MASK:
        this.#mask = value & StellarisInterrupt.ALL;
        break;
      case Stellaris.RX_CONTROL:
        this.#writeRxControl(value);
        break;
      case Stellaris.TX_CONTROL:
        this.#txControl = value;
        break;
      case Stellaris.DATA:
        this.#writeWord(value);
        break;
      case Stellaris.ADDRESS_LOW:
        this.filter.low = value | 0;
        break;
      case Stellaris.ADDRESS_HIGH:
        this.filter.high = value & 0xffff;
        break;
      case Stellaris.MII_CONTROL:
        this.#manage(value);
        break;
      case Stellaris.MII_TX_DATA:
        this.#miiData = value & 0xffff;
        break;
      case Stellaris.TX_REQUEST:
        if (value & StellarisTx.REQUEST_NEW) this.#send();
        break;
      // Whatever else is written is read only or not there.
    }
    this.#update();
  }

  protected get receives(): boolean {
    return (this.#rxControl & StellarisRx.ENABLE) !== 0;
  }

  protected keep(frame: Uint8Array): boolean {
    if (this.#frames.length === FRAMES || frame.length + StellarisFrame.LENGTH_BYTES + 4 > FIFO_BYTES) {
      this.#causes |= StellarisInterrupt.RX_OVERRUN;
      this.#update();
      return false;
    }
    const whole = withFcs(frame);
    // Whole words, as they are read.
    const bytes = StellarisFrame.LENGTH_BYTES + whole.length;
    const words = new Uint8Array((bytes + 3) & ~3);
    words[0] = bytes;
    words[1] = bytes >> 8;
    words.set(whole, StellarisFrame.LENGTH_BYTES);
    this.#frames.push(words);
    this.#causes |= StellarisInterrupt.RX;
    this.#update();
    return true;
  }

  #readWord(): number {
    const [frame] = this.#frames;
    if (frame === undefined) return 0;
    const at = this.#readBytes;
    this.#readBytes += 4;
    if (this.#readBytes === frame.length) {
      this.#frames.shift();
      this.#readBytes = 0;
    }
    return frame[at] | (frame[at + 1] << 8) | (frame[at + 2] << 16) | (frame[at + 3] << 24);
  }

  #writeWord(word: number): void {
    if (this.#written === FIFO_BYTES) {
      this.#causes |= StellarisInterrupt.TX_ERROR;
      return;
    }
    for (let byte = 0; byte < 4; byte++) this.#toSend[this.#written++] = word >> (byte * 8);
  }

  #send(): void {
    const length = StellarisFrame.HEADER_BYTES + (this.#toSend[0] | (this.#toSend[1] << 8));
    const isWhole = StellarisFrame.LENGTH_BYTES + length <= this.#written;
    if (this.#txControl & StellarisTx.ENABLE && isWhole) {
      this.emit(this.#toSend.subarray(StellarisFrame.LENGTH_BYTES, StellarisFrame.LENGTH_BYTES + length));
    } else {
      this.counters.descriptorErrors++;
    }
    this.#written = 0;
    this.#causes |= StellarisInterrupt.TX_EMPTY;
  }

  #writeRxControl(value: number): void {
    if (value & StellarisRx.RESET_FIFO) {
      this.#frames = [];
      this.#readBytes = 0;
    }
    this.#rxControl = value & ~StellarisRx.RESET_FIFO;
    this.filter.allMulticast = (value & StellarisRx.ALL_MULTICAST) !== 0;
    this.filter.promiscuous = (value & StellarisRx.PROMISCUOUS) !== 0;
  }

  #manage(value: number): void {
    if (value & StellarisMii.START) {
      const register = (value >> StellarisMii.REG_SHIFT) & 0x1f;
      if (value & StellarisMii.WRITE) this.transceiver.write(register, this.#miiData);
      else this.#miiData = this.transceiver.read(register);
    }
    this.#mii = value & ~StellarisMii.START;
  }

  #update(): void {
    this.drive((this.#causes & this.#mask) !== 0);
  }
}
