// Registers and descriptors of the Ethernet MAC of SmartFusion2 parts, at byte offsets from its base.

export const enum SmartFusion {
  CONFIG1 = 0x00,
  CONFIG2 = 0x04,
  MAX_FRAME = 0x10,
  MII_COMMAND = 0x24,
  MII_ADDRESS = 0x28,
  MII_STATUS = 0x30,
  MII_BUSY = 0x34,
  /** Station address: bytes 0 to 3, first byte highest; bytes 4 and 5 in the upper half. */
  ADDRESS1 = 0x40,
  ADDRESS2 = 0x44,
  FIFO_CONFIG0 = 0x48,
  /** What frames must and must not be, and which of that does not matter. */
  FILTER_MATCH = 0x58,
  FILTER_DONT_CARE = 0x5c,
  TX_CONTROL = 0x180,
  TX_DESCRIPTOR = 0x184,
  TX_STATUS = 0x188,
  RX_CONTROL = 0x18c,
  RX_DESCRIPTOR = 0x190,
  RX_STATUS = 0x194,
  INTERRUPT_MASK = 0x198,
  INTERRUPTS = 0x19c,
}

export const enum SmartFusionConfig {
  /** CONFIG1. */
  TX_ENABLE = 1 << 0,
  RX_ENABLE = 1 << 2,
  RESET = 1 << 31,
  /** CONFIG2: full duplex, short frames padded, FCS appended, 100 Mbit/s, preamble of seven bytes. */
  LINE = 0x7105,
  /** FIFO_CONFIG0: all its parts on. */
  FIFO_ON = 0x1f00,
  /** MAX_FRAME after a reset, by which the MAC is known. */
  MAX_FRAME_AT_RESET = 0x600,
  /** FILTER_MATCH and FILTER_DONT_CARE: frames to groups. */
  GROUPS = 1 << 8,
}

/** TX_CONTROL and RX_CONTROL; TX_STATUS and RX_STATUS; INTERRUPT_MASK. */
export const enum SmartFusionDma {
  ENABLE = 1 << 0,
  /** One more frame was sent, or received: counted up by the MAC, and down by one with each write of this bit. */
  FRAME = 1 << 0,
  TX_UNDERRUN = 1 << 1,
  RX_OVERFLOW = 1 << 2,
  COUNT_SHIFT = 16,
  INTERRUPT_SENT = 1 << 0,
  INTERRUPT_RECEIVED = 1 << 4,
  INTERRUPT_OVERFLOW = 1 << 6,
}

/** The management bus, where the transceiver has address 1. */
export const enum SmartFusionMii {
  READ = 1 << 0,
  PHY = 1 << 8,
}

//  31    30 ... 11             10 ... 0
// ┌──────────────────────────────────────────┐
// │ bus address of the buffer                │ word 0
// ├─────┬───────────────────────┬────────────┤
// │EMPTY│  0                    │ bytes      │ word 1   Receive: EMPTY = 1: the MAC's. Transmit: EMPTY = 0: the MAC's.
// ├─────┴───────────────────────┴────────────┤
// │ bus address of the next descriptor       │ word 2
// └──────────────────────────────────────────┘
export const enum SmartFusionDescriptor {
  BUFFER = 0,
  CONTROL = 4,
  NEXT = 8,
  BYTES = 12,
  EMPTY = 1 << 31,
  LENGTH_MASK = 0x7ff,
  FCS_BYTES = 4,
}
