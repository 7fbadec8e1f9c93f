// Registers of the Ethernet controller of Stellaris LM3S parts, at byte offsets from its base.

export const enum Stellaris {
  /** Read: causes since they were acknowledged. Write ones to acknowledge. */
  INTERRUPTS = 0x00,
  INTERRUPT_MASK = 0x04,
  RX_CONTROL = 0x08,
  TX_CONTROL = 0x0c,
  /** Read: the next word of the received frame in turn. Write: the next word of the frame to send. */
  DATA = 0x10,
  /** Station address: bytes 0 to 3, first byte lowest; bytes 4 and 5. */
  ADDRESS_LOW = 0x14,
  ADDRESS_HIGH = 0x18,
  MII_CONTROL = 0x20,
  MII_TX_DATA = 0x2c,
  MII_RX_DATA = 0x30,
  /** Received frames in the FIFO. */
  FRAMES = 0x34,
  /** TX_REQUEST_NEW while the frame in the FIFO is being sent. */
  TX_REQUEST = 0x38,
}

export const enum StellarisInterrupt {
  RX = 1 << 0,
  TX_ERROR = 1 << 1,
  TX_EMPTY = 1 << 2,
  RX_OVERRUN = 1 << 3,
  RX_ERROR = 1 << 4,
  ALL = 0x7f,
}

export const enum StellarisRx {
  ENABLE = 1 << 0,
  ALL_MULTICAST = 1 << 1,
  PROMISCUOUS = 1 << 2,
  REJECT_BAD_CRC = 1 << 3,
  RESET_FIFO = 1 << 4,
}

export const enum StellarisTx {
  ENABLE = 1 << 0,
  PAD = 1 << 1,
  CRC = 1 << 2,
  FULL_DUPLEX = 1 << 4,
  /** In TX_REQUEST. */
  REQUEST_NEW = 1 << 0,
}

/** MII_CONTROL; there is one transceiver, in the part itself. */
export const enum StellarisMii {
  START = 1 << 0,
  WRITE = 1 << 1,
  REG_SHIFT = 3,
}

//  31 ... 24   23 ... 16   15 ... 0
// ┌───────────┬───────────┬────────────────┐
// │ frame's   │ frame's   │ bytes          │ first word of a frame; then four bytes of it in each, first byte lowest.
// │ 2nd byte  │ 1st byte  │                │
// └───────────┴───────────┴────────────────┘
// Received: `bytes` counts these two, the frame and its FCS. To send: `bytes` counts what is behind the 14 of the header.
export const enum StellarisFrame {
  LENGTH_MASK = 0xffff,
  LENGTH_BYTES = 2,
  FCS_BYTES = 4,
  HEADER_BYTES = 14,
}
