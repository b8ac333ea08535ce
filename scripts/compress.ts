import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

/** The encodings that are prepared of every file that shrinks, with the ending of the twin that holds them. */
export const ENCODINGS = { gzip: '.gz', brotli: '.br' } as const

/** Brotli's best takes ten times as long as this for a twentieth of the bytes. */
const BROTLI_QUALITY = 9

/** What a server sends of a file in each encoding. */
export function compressed(content: Uint8Array): Record<keyof typeof ENCODINGS, Buffer> {
  return {
    gzip: gzipSync(content, { level: 9 }),
    brotli: brotliCompressSync(content, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      },
    }),
  }
}
