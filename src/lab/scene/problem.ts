/** What is wrong with one field of a scene (or of a file): which, what was found, what is allowed. */
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

const LONGEST = 60

/** Any value as a short piece of text without line breaks, for `Problem.found`. Never throws. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  let text: string
  try {
    text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value)
  } catch {
    text = typeof value
  }
  text = text.replace(/\s+/gu, ' ')
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
