// The contract with the emulated Ethernet MAC: registers and descriptors as the driver (`ring-mac.ts`) and the
// model (`host/mac/ring-mac.ts`) both see them. Registers are 32 bits wide, at byte offsets from the adapter's base.
// Descriptors lie in linear memory; the MAC reaches them by bus address (linear address + `dmaBase`).

export const enum Mac {
  /** Read only: "TMB" and a version, 0x544d4201. A driver refuses anything else. */
  ID = 0x00,
  CONTROL = 0x04,
  STATUS = 0x08,
  /** Causes since last cleared; write ones to clear. */
  INTERRUPT_STATUS = 0x0c,
  /** Causes that raise the interrupt line. */
  INTERRUPT_MASK = 0x10,
  /** Station address: bytes 0 to 3, first byte lowest; after reset, what the factory burnt in. */
  ADDRESS_LOW = 0x14,
  /** Station address: bytes 4 and 5. */
  ADDRESS_HIGH = 0x18,
  /** Multicast filter: bit n of 64 admits the groups whose CRC-32 has n in its upper six bits. */
  HASH_LOW = 0x1c,
  HASH_HIGH = 0x20,
  /** Bus address of the first receive descriptor, and their number. Written while receiving is off. */
  RX_RING = 0x24,
  RX_COUNT = 0x28,
  /** Any write: descriptors were given to the MAC; it looks again where it stopped. */
  RX_DOORBELL = 0x2c,
  TX_RING = 0x30,
  TX_COUNT = 0x34,
  TX_DOORBELL = 0x38,
  /** Management bus to the transceiver; see MdioBit. */
  MDIO = 0x3c,
  /** Counters since reset, read only. */
  RX_FRAMES = 0x40,
  /** Frames for us that found no descriptor. */
  RX_OVERFLOWS = 0x44,
  RX_FCS_ERRORS = 0x48,
  /** Frames that the address filter refused. */
  RX_FILTERED = 0x4c,
  /** Shorter than 64 or longer than the descriptor's buffer (FCS counted). */
  RX_LENGTH_ERRORS = 0x50,
  TX_FRAMES = 0x54,
  /** Frames that were due while the link was down. */
  TX_CARRIER_ERRORS = 0x58,
  /** Bytes of the register block. */
  BYTES = 0x1000,
}

export const enum MacId {
  VALUE = 0x544d4201,
}

export const enum MacControl {
  /** Write: everything back to its state at power-on; reads as 0 again at once. */
  RESET = 1 << 0,
  RX_ENABLE = 1 << 1,
  TX_ENABLE = 1 << 2,
  /** Admit every frame. */
  PROMISCUOUS = 1 << 3,
  /** Admit every group address. */
  ALL_MULTICAST = 1 << 4,
}

export const enum MacStatus {
  /** The receiver has found no descriptor of its own and waits for the doorbell. */
  RX_STOPPED = 1 << 0,
  TX_IDLE = 1 << 1,
}

export const enum MacInterrupt {
  RX = 1 << 0,
  TX = 1 << 1,
  /** A frame was lost for want of a descriptor. */
  RX_OVERFLOW = 1 << 2,
  /** The transceiver's link went up or down. */
  LINK = 1 << 3,
}

/** MDIO: write PHY, REG, DATA and WRITE or READ; when BUSY reads 0, DATA holds the answer (IEEE 802.3 clause 22). */
export const enum MdioBit {
  DATA_MASK = 0xffff,
  REG_SHIFT = 16,
  PHY_SHIFT = 21,
  WRITE = 1 << 26,
  READ = 1 << 27,
  BUSY = 1 << 31,
}

/** Registers of the transceiver that a driver reads (IEEE 802.3 clause 22). */
export const enum Phy {
  BMCR = 0,
  BMSR = 1,
  /** Upper half of the identifier: who made it. */
  ID = 2,
  /** BMSR: link is up. Latches low: the first read after a loss says 0. */
  BMSR_LINK = 1 << 2,
  BMSR_AUTONEGOTIATED = 1 << 5,
}

//  31  30    29 ... 16                 15 ... 0
// ┌───┬────┬───────────┬──────────────────────┐
// │OWN│WRAP│  0        │ bytes                │ word 0   OWN = 1: the MAC's.  OWN = 0: the driver's.
// ├───┴────┴───────────┴──────────────────────┤          WRAP: the ring goes on at its first descriptor.
// │ bus address of the buffer                 │ word 1
// └───────────────────────────────────────────┘
// Receive: the driver gives OWN and the buffer's size in bytes; the MAC answers with the frame's length, FCS not
// counted, and OWN cleared. Transmit: the driver gives OWN and the frame's length without FCS, which the MAC makes,
// as it pads to 60 bytes; the MAC clears OWN when the frame is on the wire.

export const enum Descriptor {
  CONTROL = 0,
  BUFFER = 4,
  BYTES = 8,
}

export const enum DescriptorBit {
  OWN = 1 << 31,
  WRAP = 1 << 30,
  LENGTH_MASK = 0xffff,
}
