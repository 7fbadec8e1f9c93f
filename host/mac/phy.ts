// The transceiver behind the MAC, as its management registers show it (IEEE 802.3 clause 22): a 100BASE-TX one that
// negotiates by itself.

import { Phy as PhyRegister } from "../../assembly/device/registers.ts";

enum Register {
  ID_HIGH = 2,
  ID_LOW = 3,
  ADVERTISEMENT = 4,
  PARTNER_ABILITY = 5,
}

enum Control {
  RESET = 1 << 15,
  SPEED_100 = 1 << 13,
  AUTONEGOTIATE = 1 << 12,
  POWER_DOWN = 1 << 11,
  RESTART = 1 << 9,
  FULL_DUPLEX = 1 << 8,
}

const CONTROL_AT_RESET = Control.SPEED_100 | Control.AUTONEGOTIATE | Control.FULL_DUPLEX;
/** 100 and 10 Mbit/s in both duplexes, no preamble needed for management, negotiation, extended registers. */
const STATUS_ABILITIES = 0x7849;
/** The same rates as offered to the partner, selector IEEE 802.3; and the partner's answer with its acknowledge bit. */
const ADVERTISEMENT_AT_RESET = 0x01e1;
const PARTNER_WITH_LINK = 0x41e1;
const ID_HIGH = 0x544d;
const ID_LOW = 0x4211;

export class Transceiver {
  #control: number = CONTROL_AT_RESET;
  #advertisement = ADVERTISEMENT_AT_RESET;
  #carrier = false;
  /** Set when the link was lost, until BMSR has been read: its link bit latches low. */
  #lost = false;
  #onLink: () => void;

  /** `onLink` is called whenever the link has gone up or down. */
  constructor(onLink: () => void) {
    this.#onLink = onLink;
  }

  /** True while a signal comes in and the transceiver is powered. */
  get link(): boolean {
    return this.#carrier && (this.#control & Control.POWER_DOWN) === 0;
  }

  /** The wire's side: a partner's signal has come or gone. */
  setCarrier(carrier: boolean): void {
    this.#change(() => {
      this.#carrier = carrier;
    });
  }

  /** A management read; registers that are not there read 0. */
  read(register: number): number {
    switch (register) {
      case PhyRegister.BMCR:
        return this.#control;
      case PhyRegister.BMSR:
        return this.#readStatus();
      case Register.ID_HIGH:
        return ID_HIGH;
      case Register.ID_LOW:
        return ID_LOW;
      case Register.ADVERTISEMENT:
        return this.#advertisement;
      case Register.PARTNER_ABILITY:
        return this.link ? PARTNER_WITH_LINK : 0;
      default:
        return 0;
    }
  }

  /** A management write; read-only registers keep what they have. */
  write(register: number, value: number): void {
    if (register === Register.ADVERTISEMENT) this.#advertisement = value;
    if (register !== PhyRegister.BMCR) return;
    this.#change(() => {
      if (value & Control.RESET) {
        this.#advertisement = ADVERTISEMENT_AT_RESET;
        this.#control = CONTROL_AT_RESET;
      } else {
        this.#control = value & ~Control.RESTART & 0xffff;
      }
    });
  }

  #change(action: () => void): void {
    const before = this.link;
    action();
    if (this.link === before) return;
    if (before) this.#lost = true;
    this.#onLink();
  }

  #readStatus(): number {
    const shown = this.link && !this.#lost;
    this.#lost = false;
    let status = STATUS_ABILITIES;
    if (shown) status |= PhyRegister.BMSR_LINK;
    if (this.link && this.#control & Control.AUTONEGOTIATE) status |= PhyRegister.BMSR_AUTONEGOTIATED;
    return status;
  }
}
