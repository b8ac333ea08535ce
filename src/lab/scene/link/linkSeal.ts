/**
 * The seal of a link: two pairs round the pairs of the scene, by which the reader recognises a link that was cut short or changed:
 *
 *     size=75&target=banana&epsilon=0.5&sum=1x4ce07
 *
 * `size` counts the characters behind its pair and `sum` is a checksum of the characters between the two, both of the text
 * without percent escapes, which programs add and remove. Links from before the seal and links that people write by hand have
 * neither.
 */

/** Longest text that is read as a link, characters: browsers refuse longer ones, and 20,000 points take 430,000. */
export const LONGEST_LINK = 500_000
/** Longest text without a seal that is read in several ways. */
const LONGEST_MENDED = 20_000
const MOST_WAYS = 24
const MARK = '&sum='
const DIGITS = 7
const SEALED = /^size=(\d+)&(?:([^]*?)&)?sum=([0-9a-z]{7})/u
/** The beginning of a seal, as a cut link may have it. */
const BEGUN = /^size=(?:(\d+)(?:&|$)|$)/u

export type Opening =
  /** Pairs, in several readings; the caller takes the first that makes sense. */
  | {
      readonly kind: 'pairs'
      readonly ways: Iterable<string>
      readonly seal: 'whole' | 'changed' | 'none'
    }
  /** The end is missing. `size`: the number of characters of the whole; null where the link was cut inside it. */
  | { readonly kind: 'cut'; readonly found: number; readonly size: number | null }
  | { readonly kind: 'long'; readonly found: number }

/** The pairs with their seal; '' for no pairs. */
export function seal(pairs: string): string {
  if (pairs === '') return ''
  const size = bare(pairs).length + MARK.length + DIGITS
  return `size=${String(size)}&${pairs}${MARK}${checksum(bare(pairs))}`
}

/**
 * The pairs of a link as they were written: it undoes what programs may have done to the link, such as escapes of the whole,
 * `&amp;`, line breaks, tracking keys and characters at the end. The seal proves which reading is right; without
 * a seal the caller tries the readings in turn.
 * @param text a hash without its `#`
 */
export function open(text: string): Opening {
  if (text.length > LONGEST_LINK) return { kind: 'long', found: text.length }
  let begun: { readonly found: number; readonly size: number | null } | null = null
  let changed: string | null = null
  for (const way of readings(text)) {
    const sealed = SEALED.exec(way)
    if (sealed !== null) {
      const [, size, pairs = '', sum] = sealed
      const content = bare(pairs)
      const whole =
        content.length + MARK.length + DIGITS === Number(size) && checksum(content) === sum
      if (whole) return { kind: 'pairs', ways: [pairs], seal: 'whole' }
      changed ??= pairs
    } else {
      const [start, size] = BEGUN.exec(way) ?? []
      if (start !== undefined)
        begun ??= {
          found: bare(way.slice(start.length)).length,
          size: start.endsWith('&') ? Number(size) : null,
        }
    }
  }
  if (changed !== null) return { kind: 'pairs', ways: [changed], seal: 'changed' }
  if (begun !== null) return { kind: 'cut', ...begun }
  return { kind: 'pairs', ways: unsealed(text), seal: 'none' }
}

/** The text with its valid percent escapes decoded. */
function bare(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/giu, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })
}

/** FNV-1a over the code units, mixed once more, in seven digits of base 36. */
function checksum(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) >>> 0).toString(36).padStart(DIGITS, '0')
}

const AMPERSAND = /&(?:amp|#38|#x26);/giu
const BLANK = /[\s\u00ad\u200b-\u200f\u2060\ufeff]+/gu
const ESCAPED_BLANK = /(?:%20|%0[9ad]|%C2%A[0D]|%E2%80%8[BCDEF]|%EF%BB%BF)+/giu
/** Escaped blanks at the ends of the text and at line breaks. */
const BROKEN =
  /^(?:%20|%0[9AD])+|(?:%20|%0[9AD])+$|(?:%0D)?%0A(?:%20|%09)*|%E2%80%8B|%C2%AD|%EF%BB%BF/giu
/** Line ends and equals signs as some mail programs write them. */
const QUOTED_END = /=(?:%0D)?%0A|=\s+/giu
const TRACKING =
  /(^|[?&])(?:utm_\w+|\w*cl(?:k)?id|mc_[ce]id|igshid?|_hs\w+|mkt_tok|vero_id|ref_src|si|spm)=[^&]*/giu
const TRAILING = /(?:[)\]}>.,;:!?'"*_…”’»]|%(?:22|27|29|3E|5D|60|7D))$/iu

/** The texts from which programs may have made this one, the likeliest first, each once. */
function* readings(text: string): Generator<string> {
  const seen = new Set<string>()
  let layer = text
  for (let times = 0; times <= 2; times++) {
    const plain = layer.replace(AMPERSAND, '&').replace(BLANK, '')
    const unfollowed = plain.replace(TRACKING, '').replace(/^[?&]+/u, '')
    const unquoted = layer.replace(QUOTED_END, '').replace(/=3D/gu, '=').replace(AMPERSAND, '&')
    const joined = unfollowed.replace(BROKEN, '')
    const dense = joined.replace(ESCAPED_BLANK, '')
    for (const way of [layer, plain, unfollowed, joined, dense, unquoted]) {
      if (seen.has(way)) continue
      seen.add(way)
      yield way
    }
    const next = bare(layer)
    if (next === layer) return
    layer = next
  }
}

/** The readings of a link without a seal: the text itself first, then its readings, also without characters at their end. */
function* unsealed(text: string): Generator<string> {
  yield text
  if (text.length > LONGEST_MENDED) return
  let left = MOST_WAYS
  for (const way of readings(text)) {
    let rest = way
    for (;;) {
      if (rest !== text) yield rest
      left -= 1
      if (left === 0) return
      if (!TRAILING.test(rest)) break
      rest = rest.replace(TRAILING, '')
    }
  }
}
