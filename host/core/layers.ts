// What a core says of itself: the bytes of code of each layer, in a section that the build has put into its file.

/** The custom section with the bytes of each layer, largest first: names and numbers as JSON. */
export const LAYERS_SECTION = "layers";

/** Bytes of code by layer, of a compiled module; of one without the section, nothing. */
export function layerBytes(module: WebAssembly.Module): Record<string, number> {
  const [section] = WebAssembly.Module.customSections(module, LAYERS_SECTION);
  return section === undefined ? {} : (JSON.parse(new TextDecoder().decode(section)) as Record<string, number>);
}
