/** A number as the lab writes it. */
export const PLAIN_NUMBER = /−?\d[\d\u202f]*(?:\.\d+)?(?:·10⁻?[⁰¹²³⁴-⁹]+)?/

/** What no text for people may hold: raw exponents, values that are none, a hyphen for a minus, more than all. */
const WRONG = [
  /\d(?:\.\d+)?e[+-]?\d+/g,
  /\bNaN\b|\bInfinity\b|\bundefined\b|\bnull\b|\[object/g,
  /(?:^|[\s(,[])-\d/g,
  /\b(?:1\d\d(?:\.\d*[1-9]\d*)|10[1-9]|1[1-9]\d|[2-9]\d\d|\d{4,})(?:\.\d+)? %/g,
]

/** The misspelt numbers in a text. */
export function misspelt(text: string): string[] {
  return WRONG.flatMap((pattern) => [...text.matchAll(pattern)].map(([found]) => found.trim()))
}
