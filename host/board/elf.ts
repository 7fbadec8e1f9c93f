// Sections of a firmware: where they lie and how large they are (ELF-32, System V ABI chapter 4).

export interface Section {
  name: string;
  /** Where it lies when the firmware runs. */
  address: number;
  bytes: number;
  /** True of one whose bytes are in the file, and so in flash. */
  stored: boolean;
}

const HEADER = { SECTIONS: 32, SECTION_BYTES: 46, SECTION_COUNT: 48, NAMES: 50 };
const SECTION = { NAME: 0, TYPE: 4, FLAGS: 8, ADDRESS: 12, OFFSET: 16, SIZE: 20 };
const IN_MEMORY = 2;
const NOTHING_STORED = 8;

/** The sections of a 32-bit little-endian ELF file that take memory, in the order of the file. */
export function readSections(elf: Uint8Array): Section[] {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  if (view.getUint32(0) !== 0x7f454c46 || elf[4] !== 1) throw new Error("This is no 32-bit ELF file.");
  const table = view.getUint32(HEADER.SECTIONS, true);
  const step = view.getUint16(HEADER.SECTION_BYTES, true);
  const word = (index: number, field: number): number => view.getUint32(table + index * step + field, true);
  const names = word(view.getUint16(HEADER.NAMES, true), SECTION.OFFSET);
  const sections = Array.from({ length: view.getUint16(HEADER.SECTION_COUNT, true) }, (_, index) => ({
    name: textAt(elf, names + word(index, SECTION.NAME)),
    address: word(index, SECTION.ADDRESS),
    bytes: word(index, SECTION.SIZE),
    stored: word(index, SECTION.TYPE) !== NOTHING_STORED,
    kept: (word(index, SECTION.FLAGS) & IN_MEMORY) !== 0,
  }));
  return sections.filter(({ kept, bytes }) => kept && bytes > 0).map(({ kept: _, ...section }) => section);
}

function textAt(bytes: Uint8Array, start: number): string {
  return new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0, start)));
}
