import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256Hex, sha256HexSync } from './sha256.ts'

describe('sha256', () => {
  it('gives the digests of the standard', async () => {
    // FIPS 180-4 examples: "abc" and the empty message.
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    expect(await sha256Hex(new TextEncoder().encode('abc'))).toBe(abc)
    expect(sha256HexSync(new TextEncoder().encode('abc'))).toBe(abc)
    expect(sha256HexSync(new Uint8Array())).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    )
  })

  it('is the same with and without the platform', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (input) => {
        const bytes = new Uint8Array(input)
        const digest = createHash('sha256').update(bytes).digest('hex')
        expect(await sha256Hex(bytes)).toBe(digest)
        expect(sha256HexSync(bytes)).toBe(digest)
      }),
    )
  })
})
