/** Bytes that grow piece by piece, texts as UTF-8. */
export class GrowingBytes {
  private readonly parts: Uint8Array[] = []
  private readonly encoder = new TextEncoder()
  private length = 0

  add(part: string | Uint8Array): void {
    const bytes = typeof part === 'string' ? this.encoder.encode(part) : part
    this.parts.push(bytes)
    this.length += bytes.length
  }

  whole(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.length)
    let at = 0
    for (const part of this.parts) {
      all.set(part, at)
      at += part.length
    }
    return all
  }
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text))
}
