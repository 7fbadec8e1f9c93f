// The SMSC LAN9118, emulated: its FIFOs, the MAC behind them and the transceiver behind that.

import {
  ByteTest,
  Lan9118,
  Lan9118Config,
  Lan9118Control,
  Lan9118Fifo,
  Lan9118Frame,
  Lan9118Interrupt,
  Lan9118Mii,
  Lan9118Mac as MacRegister,
} from "../../assembly/device/lan9118-registers.ts";
import type { BusDevice } from "../core/bus.ts";
import { highestBitFirstHash } from "./address-filter.ts";
import { withFcs } from "./fcs.ts";
import { Station, type StationOptions } from "./station.ts";

/** Sizes of the FIFOs after a reset, in words and frames; and of that for what is sent, in bytes. */
const RX_WORDS = 2640;
const RX_FRAMES = 176;
const TX_BYTES = 4608;
const NO_ADDRESS_FILTER = Lan9118Control.PROMISCUOUS;

export class Lan9118Mac extends Station implements BusDevice {
  #causes = 0;
  #enabled = 0;
  #line = 0;
  #rxConfig = 0;
  #txConfig = 0;
  #levels = 0;
  #command = 0;
  #data = 0;
  #control: number = NO_ADDRESS_FILTER;
  #mii = 0;
  #miiData = 0;
  /** Words and lengths of the frames that wait. */
  #rxWords: number[] = [];
  #rxStatus: number[] = [];
  /** The frame that is being written: its two words of command, then its own. */
  #txWords: number[] = [];

  constructor(options: StationOptions) {
    super(options);
    this.filter.hash = highestBitFirstHash;
    this.filter.promiscuous = true;
  }

  read(offset: number): number {
    switch (offset) {
      case Lan9118.RX_DATA:
        return this.#rxWords.shift() ?? 0;
      case Lan9118.RX_STATUS:
        return this.#rxStatus.shift() ?? 0;
      case Lan9118.INTERRUPT_CONFIG:
        return this.#line;
      case Lan9118.INTERRUPTS:
        return this.#causes;
      case Lan9118.INTERRUPT_ENABLE:
        return this.#enabled;
      case Lan9118.BYTE_TEST:
        return ByteTest.VALUE;
      case Lan9118.FIFO_LEVELS:
        return this.#levels;
      case Lan9118.RX_CONFIG:
        return this.#rxConfig;
      case Lan9118.TX_CONFIG:
        return this.#txConfig;
      case Lan9118.RX_FIFO_STATE:
        return (this.#rxStatus.length << Lan9118Fifo.RX_FRAMES_SHIFT) | (this.#rxWords.length * 4);
      case Lan9118.TX_FIFO_STATE:
        return TX_BYTES - this.#txWords.length * 4;
      case Lan9118.MAC_COMMAND:
        return this.#command;
      case Lan9118.MAC_DATA:
        return this.#data;
      default:
        return 0;
    }
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case Lan9118.TX_DATA:
        this.#writeFrame(value);
        break;
      case Lan9118.INTERRUPT_CONFIG:
        this.#line = value;
        break;
      case Lan9118.INTERRUPTS:
        this.#causes &= ~value;
        break;
      case Lan9118.INTERRUPT_ENABLE:
        this.#enabled = value;
        break;
      case Lan9118.FIFO_LEVELS:
        this.#levels = value;
        break;
      case Lan9118.RX_CONFIG:
        this.#rxConfig = value;
        break;
      case Lan9118.TX_CONFIG:
        this.#txConfig = value;
        break;
      case Lan9118.HARDWARE_CONFIG:
        if (value & Lan9118Config.SOFT_RESET) this.#reset();
        break;
      case Lan9118.MAC_DATA:
        this.#data = value;
        break;
      case Lan9118.MAC_COMMAND:
        this.#reach(value);
        break;
      // Whatever else is written is read only or not there.
    }
    this.#update();
  }

  protected get receives(): boolean {
    return (this.#control & Lan9118Control.RX_ENABLE) !== 0;
  }

  protected keep(frame: Uint8Array): boolean {
    const whole = withFcs(frame);
    const lead = (this.#rxConfig >> Lan9118Config.RX_OFFSET_SHIFT) & 0x1f;
    const bytes = new Uint8Array((lead + whole.length + 3) & ~3);
    bytes.set(whole, lead);
    if (this.#rxStatus.length === RX_FRAMES || this.#rxWords.length + bytes.length / 4 > RX_WORDS) return false;
    this.#rxWords.push(...new Int32Array(bytes.buffer));
    this.#rxStatus.push(whole.length << Lan9118Frame.LENGTH_SHIFT);
    if (this.#rxStatus.length > (this.#levels & 0xff)) this.#causes |= Lan9118Interrupt.RX_STATUS_LEVEL;
    this.#update();
    return true;
  }

  #writeFrame(word: number): void {
    const words = this.#txWords;
    words.push(word);
    const offset = (words[0] >> Lan9118Frame.OFFSET_SHIFT) & 3;
    const length = words[0] & 0x7ff;
    if (words.length < 2 + ((offset + length + 3) >> 2)) return;
    const bytes = new Uint8Array(Int32Array.from(words.slice(2)).buffer);
    this.#txWords = [];
    const isPiece = (words[0] & Lan9118Frame.FIRST_AND_LAST) !== Lan9118Frame.FIRST_AND_LAST;
    if (isPiece || !(this.#txConfig & Lan9118Config.TX_ON)) this.counters.descriptorErrors++;
    else this.emit(bytes.subarray(offset, offset + length));
    this.#causes |= Lan9118Interrupt.TX_ROOM;
  }

  #reset(): void {
    this.#causes = 0;
    this.#enabled = 0;
    this.#rxConfig = 0;
    this.#txConfig = 0;
    this.#levels = 0;
    this.#rxWords = [];
    this.#rxStatus = [];
    this.#txWords = [];
    this.#writeMac(MacRegister.CONTROL, NO_ADDRESS_FILTER);
    this.#writeMac(MacRegister.HASH_LOW, 0);
    this.#writeMac(MacRegister.HASH_HIGH, 0);
  }

  #reach(command: number): void {
    const register = command & 0xff;
    if (command & MacRegister.READ) this.#data = this.#readMac(register);
    else this.#writeMac(register, this.#data);
    this.#command = command & ~MacRegister.BUSY;
  }

  #readMac(register: number): number {
    switch (register) {
      case MacRegister.CONTROL:
        return this.#control;
      case MacRegister.ADDRESS_LOW:
        return this.filter.low;
      case MacRegister.ADDRESS_HIGH:
        return this.filter.high;
      case MacRegister.HASH_LOW:
        return this.filter.hashLow;
      case MacRegister.HASH_HIGH:
        return this.filter.hashHigh;
      case MacRegister.MII_ACCESS:
        return this.#mii;
      case MacRegister.MII_DATA:
        return this.#miiData;
      default:
        return 0;
    }
  }

  #writeMac(register: number, value: number): void {
    switch (register) {
      case MacRegister.CONTROL:
        this.#control = value;
        this.filter.promiscuous = (value & Lan9118Control.PROMISCUOUS) !== 0;
        this.filter.allMulticast = (value & Lan9118Control.ALL_MULTICAST) !== 0;
        break;
      case MacRegister.ADDRESS_LOW:
        this.filter.low = value | 0;
        break;
      case MacRegister.ADDRESS_HIGH:
        this.filter.high = value & 0xffff;
        break;
      case MacRegister.HASH_LOW:
        this.filter.hashLow = value;
        break;
      case MacRegister.HASH_HIGH:
        this.filter.hashHigh = value;
        break;
      case MacRegister.MII_DATA:
        this.#miiData = value & 0xffff;
        break;
      case MacRegister.MII_ACCESS:
        this.#manage(value);
        break;
    }
  }

  #manage(value: number): void {
    const register = (value >> Lan9118Mii.REG_SHIFT) & 0x1f;
    if (value & Lan9118Mii.WRITE) this.transceiver.write(register, this.#miiData);
    else this.#miiData = this.transceiver.read(register);
    this.#mii = value & ~Lan9118Mii.BUSY;
  }

  #update(): void {
    const isOn = (this.#line & Lan9118Interrupt.LINE) === Lan9118Interrupt.LINE;
    this.drive(isOn && (this.#causes & this.#enabled) !== 0);
  }
}
