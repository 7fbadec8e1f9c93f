// Registers of the SMSC LAN9118 and of parts with the same interface, at byte offsets from its base.

export const enum Lan9118 {
  RX_DATA = 0x00,
  TX_DATA = 0x20,
  /** One word for each received frame; reading takes it away. */
  RX_STATUS = 0x40,
  INTERRUPT_CONFIG = 0x54,
  /** Causes since they were cleared; write ones to clear. */
  INTERRUPTS = 0x58,
  INTERRUPT_ENABLE = 0x5c,
  /** Reads `ByteTest.VALUE`. */
  BYTE_TEST = 0x64,
  /** At which levels of the FIFOs interrupts come. */
  FIFO_LEVELS = 0x68,
  RX_CONFIG = 0x6c,
  TX_CONFIG = 0x70,
  HARDWARE_CONFIG = 0x74,
  RX_FIFO_STATE = 0x7c,
  TX_FIFO_STATE = 0x80,
  /** Way to the registers of the MAC proper, `Lan9118Mac`. */
  MAC_COMMAND = 0xa4,
  MAC_DATA = 0xa8,
}

export const enum ByteTest {
  VALUE = ~0x789abcde, // 0x87654321
}

export const enum Lan9118Interrupt {
  /** Frames wait: more than the level in FIFO_LEVELS. */
  RX_STATUS_LEVEL = 1 << 3,
  /** More room for frames to send than the level in FIFO_LEVELS. */
  TX_ROOM = 1 << 9,
  /** In INTERRUPT_CONFIG: enabled, active high, push-pull. */
  LINE = 0x111,
}

export const enum Lan9118Config {
  /** HARDWARE_CONFIG: reset, and 5 KB of the memory for what is sent, with the bit that must be one. */
  SOFT_RESET = 1 << 0,
  TX_FIFO_5K = 0x00150000,
  /** TX_CONFIG: transmit, and go on when nobody reads what became of it. */
  TX_ON = 1 << 1,
  TX_STATUS_OVERRUN = 1 << 2,
  /** RX_CONFIG: bytes in front of each frame, so that the IP header is aligned. */
  RX_OFFSET_SHIFT = 8,
  /** FIFO_LEVELS: room for frames to send, in units of 64 bytes. */
  TX_LEVEL_SHIFT = 24,
}

/** RX_STATUS of a frame: its length with FCS, and whether something was wrong. */
export const enum Lan9118Frame {
  LENGTH_SHIFT = 16,
  LENGTH_MASK = 0x3fff,
  ERROR = 1 << 15,
  FCS_BYTES = 4,
  /** First of the two words in front of a frame to send: one piece, with bytes to skip in its first word. */
  FIRST_AND_LAST = 0x3000,
  OFFSET_SHIFT = 16,
}

/** RX_FIFO_STATE and TX_FIFO_STATE. */
export const enum Lan9118Fifo {
  RX_FRAMES_SHIFT = 16,
  RX_FRAMES_MASK = 0xff,
  TX_FREE_MASK = 0xffff,
}

/** Registers of the MAC proper, and how MAC_COMMAND reaches them. */
export const enum Lan9118Mac {
  CONTROL = 1,
  ADDRESS_HIGH = 2,
  ADDRESS_LOW = 3,
  HASH_HIGH = 4,
  HASH_LOW = 5,
  MII_ACCESS = 6,
  MII_DATA = 7,
  BUSY = 1 << 31,
  READ = 1 << 30,
}

export const enum Lan9118Control {
  RX_ENABLE = 1 << 2,
  TX_ENABLE = 1 << 3,
  /** Groups are admitted by the hash of their address. */
  HASH_FILTER = 1 << 13,
  PROMISCUOUS = 1 << 18,
  ALL_MULTICAST = 1 << 19,
  FULL_DUPLEX = 1 << 20,
}

/** MII_ACCESS: the transceiver in the chip has address 1. */
export const enum Lan9118Mii {
  BUSY = 1 << 0,
  WRITE = 1 << 1,
  REG_SHIFT = 6,
  PHY = 1 << 11,
}
