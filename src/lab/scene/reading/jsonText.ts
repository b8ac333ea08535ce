import { nameKey } from './problem.ts'
import type { Problem } from './problem.ts'

/** Longest text of a scene or a bundle that is read, characters; bundles hold weights and data in base64. */
const LONGEST_TEXT = 2 ** 26

/** Most levels of lists and objects inside each other; scenes with all their sums need 25. */
const DEEPEST = 100
/** Most keys of one object, and most commas: sixteen targets of 20,000 points have 640,000. */
const MOST_KEYS = 2000
const MOST_COMMAS = 700_000

/**
 * The JSON value of a file's text, with or without byte order mark. It returns an error that names the place for a text that
 * is too long, too deep or no JSON, or that has a key twice, of which `JSON.parse` would silently take the last.
 * @param whole the field of an error about the whole text
 */
export function readJsonText(
  text: string,
  whole = 'scene',
): { readonly json: unknown } | { readonly error: Problem } {
  if (text.length > LONGEST_TEXT) {
    const found = `a text of ${String(text.length)} characters`
    return { error: { field: whole, found, allowed: `at most ${String(LONGEST_TEXT)}` } }
  }
  const bare = text.startsWith('\uFEFF') ? text.slice(1) : text
  const { excess, twice } = scan(bare)
  if (excess !== null) return { error: { field: whole, ...EXCESS[excess] } }
  let json: unknown
  try {
    json = JSON.parse(bare)
  } catch {
    return { error: { field: whole, ...flawOf(bare) } }
  }
  return twice === null
    ? { json }
    : { error: { field: twice, found: 'the same key twice', allowed: 'each key once' } }
}

/** A text with blanks in place of its comments, so that lines and columns stay; a block comment without end is kept. */
export function withoutComments(text: string): string {
  let bare = ''
  let from = 0
  const opening = /"|\/[/*]/gu
  for (let found = opening.exec(text); found !== null; found = opening.exec(text)) {
    const { 0: mark, index } = found
    if (mark === '"') {
      opening.lastIndex = endOfString(text, index) + 1
      continue
    }
    const line = mark === '//'
    const close = text.indexOf(line ? '\n' : '*/', index + 2)
    if (!line && close < 0) continue
    const end = close < 0 ? text.length : line ? close : close + 2
    bare += text.slice(from, index) + text.slice(index, end).replace(/[^\n\r]/gu, ' ')
    from = end
    opening.lastIndex = end
  }
  return bare + text.slice(from)
}

/**
 * The problem at the place where a text stops being JSON: a comma too many, or anything else, without quoting it. It finds the place
 * itself, since engines name it in different ways or not at all.
 */
function flawOf(text: string): Pick<Problem, 'found' | 'allowed'> {
  const end = endOfJson(text)
  const comma = text.slice(0, end).trimEnd().length - 1
  if (text[comma] === ',' && /[\]},]/u.test(text[end] ?? '')) {
    const next = text[end]!
    return {
      found: `a comma${placeOf(text, comma)}, with nothing between it and the ${next === ',' ? 'next comma' : next}`,
      allowed: 'commas only between two entries',
    }
  }
  return { found: `text that is not JSON${placeOf(text, end)}`, allowed: 'a JSON object' }
}

/** A place in a text, in words. */
function placeOf(text: string, index: number): string {
  const before = text.slice(0, index)
  const column = before.length - before.lastIndexOf('\n')
  return `, line ${String(before.split('\n').length)}, column ${String(column)}`
}

/** Problems of texts with more of something than a scene may have, found before the parser spends time on them. */
const EXCESS = {
  depth: {
    found: 'lists or objects nested too deeply',
    allowed: `at most ${String(DEEPEST)} levels`,
  },
  keys: { found: 'an object with too many keys', allowed: `at most ${String(MOST_KEYS)}` },
  commas: {
    found: 'too many values',
    allowed: `at most ${String(MOST_COMMAS)} commas in the whole text`,
  },
} as const

const SPACE = /[ \t\n\r]*/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** Index of the first token that is wrong in JSON, or of the end of the text where something is missing. */
function endOfJson(text: string): number {
  let at = 0
  const skip = (token: RegExp): boolean => {
    token.lastIndex = at
    const found = token.test(text)
    if (found) at = token.lastIndex
    return found
  }
  const skipString = (): boolean => {
    if (text[at] !== '"') return false
    const end = endOfString(text, at) + 1
    try {
      JSON.parse(text.slice(at, end))
    } catch {
      return false
    }
    at = end
    return true
  }
  const closers: string[] = []
  let wanted: 'value' | 'first' | 'key' | 'colon' | 'next' = 'value'
  for (;;) {
    skip(SPACE)
    const here = text[at]
    if (here === undefined) return at
    const closer = closers.at(-1)
    if ((wanted === 'next' || wanted === 'first') && here === closer) {
      closers.pop()
      at++
      wanted = 'next'
    } else if (wanted === 'next' && here === ',' && closer !== undefined) {
      at++
      wanted = closer === '}' ? 'key' : 'value'
    } else if (wanted === 'colon' && here === ':') {
      at++
      wanted = 'value'
    } else if (wanted === 'key' || (wanted === 'first' && closer === '}')) {
      if (!skipString()) return at
      wanted = 'colon'
    } else if (wanted === 'value' || wanted === 'first') {
      if (here === '{' || here === '[') {
        closers.push(here === '{' ? '}' : ']')
        at++
        wanted = 'first'
      } else {
        if (!skipString() && !skip(SCALAR)) return at
        wanted = 'next'
      }
    } else return at
  }
}

interface Scan {
  readonly excess: keyof typeof EXCESS | null
  /** The dotted path of a key that an object holds twice, at any level; null where none does. */
  readonly twice: string | null
}

const MARKS = /[{}[\],"]/gu
/** After this many characters without marks a search skips to the next mark, which is faster than reading each one. */
const STRETCH = 16

/** Finds excess and duplicate keys, which the parser does not report, in a text that need not be JSON. */
function scan(text: string): Scan {
  /** The keys so far of all objects that are open, outermost first. */
  const keys: string[] = []
  /** For each open object or list the number of keys that the objects around it have so far. */
  const starts: number[] = []
  /** For each open list the index of the entry that is being read; −1 for an object. */
  const indices: number[] = []
  let isKey = false
  let commas = 0
  let far = STRETCH
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '{':
      case '[':
        // At a bracket in place of a key the parser stops with an error.
        if (isKey) return { excess: null, twice: null }
        isKey = text[i] === '{'
        if (starts.length === DEEPEST) return { excess: 'depth', twice: null }
        starts.push(keys.length)
        indices.push(isKey ? -1 : 0)
        break
      case '}':
      case ']': {
        const start = starts.pop() ?? 0
        indices.pop()
        const twice = repeated(keys, start)
        if (twice !== null) {
          return { excess: null, twice: pathOf(keys, starts, indices, start, twice) }
        }
        keys.length = start
        isKey = false
        break
      }
      case ',':
        if (++commas > MOST_COMMAS) return { excess: 'commas', twice: null }
        if (indices.at(-1) === -1) isKey = true
        else if (indices.length > 0) indices[indices.length - 1]!++
        break
      case '"': {
        const end = endOfString(text, i)
        if (isKey) {
          const raw = text.slice(i, end + 1)
          if (keys.length - starts.at(-1)! === MOST_KEYS) return { excess: 'keys', twice: null }
          keys.push(unescape(raw))
          isKey = false
        }
        i = end
        break
      }
      default:
        if (i < far) break
        MARKS.lastIndex = i
        i = (MARKS.exec(text)?.index ?? text.length) - 1
        far = i + STRETCH
    }
  }
  return { excess: null, twice: null }
}

/** The value of a JSON string, given with its quotes; a text that is no JSON string is returned as it is. */
function unescape(raw: string): string {
  if (!raw.includes('\\')) return raw.slice(1, -1)
  try {
    return JSON.parse(raw) as string
  } catch {
    return raw
  }
}

/** A string that occurs twice in a list from index `start` on; null where none does. */
function repeated(list: readonly string[], start: number): string | null {
  if (list.length - start < 2) return null
  const seen = new Set<string>()
  for (let i = start; i < list.length; i++) {
    if (seen.has(list[i]!)) return list[i]!
    seen.add(list[i]!)
  }
  return null
}

/** Index of the closing quote of the string that opens at `start`; of the end of the text where none closes it. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text[end - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return end
  }
  return text.length
}

/** The last six steps of the path to a key of an object whose own keys begin at `start`. */
function pathOf(
  keys: readonly string[],
  starts: readonly number[],
  indices: readonly number[],
  start: number,
  key: string,
): string {
  const way = indices.map((index, level) =>
    index >= 0 ? String(index) : keys[(starts[level + 1] ?? start) - 1]!,
  )
  return [...way, key]
    .slice(-6)
    .map((step) => nameKey(step))
    .join('.')
}
