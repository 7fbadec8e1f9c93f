// The kinds of MAC that a profile may name (`MAC`), each with a driver in assembly/device.

export const enum MacKind {
  /** The emulated MAC that the host has everywhere: assembly/device/registers.ts. */
  RING = 1,
  /** Ethernet controller of Stellaris LM3S parts: FIFOs. */
  STELLARIS = 2,
  /** SMSC LAN9118 and its kin, a chip beside the processor: FIFOs. */
  LAN9118 = 3,
  /** Ethernet MAC of SmartFusion2 parts: chained descriptors in memory. */
  SMARTFUSION = 4,
}
