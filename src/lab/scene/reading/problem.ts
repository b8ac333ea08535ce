/** A mistake in one field of a scene or file: the field, the value found and the values allowed. */
export interface Problem {
  /** Dotted path, e.g. `dynamics.epsilon` or `energy.terms.1.weight`; `scene` or `link` for the whole. */
  readonly field: string
  readonly found: string
  readonly allowed: string
}

/** The problem as one line of text, e.g. `dynamics.epsilon: found 20; allowed: a number in [0.005, 10]`. */
export function describeProblem(problem: Problem): string {
  return `${problem.field}: found ${problem.found}; allowed: ${problem.allowed}`
}

/** Most problems that are listed for one scene. */
const MOST = 20

/** Adds a problem to a list of at most `MOST` problems and one entry for all further ones. */
export function addProblem(problems: Problem[], problem: Problem): void {
  if (problems.length < MOST) problems.push(problem)
  else problems[MOST] = { field: 'scene', found: 'further mistakes', allowed: 'none' }
}

const LONGEST = 60

/**
 * Any value as a short text without line breaks, for `Problem.found`. Never throws, and reads no more of
 * the value than it shows.
 */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  return short(write(value, ''))
}

/** The beginning of a text on one line, for a message or a label. */
export function short(text: string): string {
  const line = text.slice(0, 2 * LONGEST).replace(/[\s\p{Cc}\p{Bidi_C}]+/gu, ' ')
  const cut = line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line
  // Lone surrogates, from the text itself or from the cut.
  return cut.replace(/\p{Cs}/gu, '\uFFFD')
}

/** A key of a file or link as part of `Problem.field`. */
export function nameKey(key: string): string {
  return short(key).trim() || '""'
}

/** `text` followed by the value as JSON, as far as it will be shown. */
function write(value: unknown, text: string): string {
  if (typeof value === 'string') return text + JSON.stringify(value.slice(0, LONGEST + 1))
  if (typeof value !== 'object') {
    return (
      text +
      (typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value)
    )
  }
  if (value === null) return `${text}null`
  if (Array.isArray(value)) {
    let list = `${text}[`
    for (const entry of value as readonly unknown[]) {
      if (list.length > LONGEST) return list
      list = write(entry, list.length === text.length + 1 ? list : `${list},`)
    }
    return `${list}]`
  }
  let record = `${text}{`
  for (const key in value) {
    if (record.length > LONGEST) return record
    const before = record.length === text.length + 1 ? record : `${record},`
    record = write(Reflect.get(value, key), write(key, before) + ':')
  }
  return `${record}}`
}
