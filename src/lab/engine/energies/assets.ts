/**
 * Where the bytes of a scene's files come from: the page's uploads and shelf, the server, a folder.
 * Every method rejects with a `Refusal` that names what is missing.
 */
export interface AssetReader {
  /** A shipped energy, `public/energies/<name>.safetensors`. */
  pretrained(name: string): Promise<Uint8Array>
  /** A table of data points by the name that the scene gives it; `hash` selects among tables of one name. */
  points(file: string, hash?: string): Promise<Uint8Array>
  /** The shipped real data set. */
  oldFaithful(): Promise<Uint8Array>
  /** A shelf energy; null where this reader does not have it. */
  shelf(id: string): Promise<Uint8Array | null>
  /** A weight file by the path that the scene gives it. */
  file(path: string): Promise<Uint8Array>
}
