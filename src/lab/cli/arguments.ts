import { BACKEND_CHOICES, type BackendChoice } from '../scene/sceneSpec.ts'

export interface ExperimentArguments {
  readonly scene: string
  readonly out: string
  /** Overrules the scene's own; null: the scene decides. */
  readonly backend: BackendChoice | null
  /** Whether the files of the page's run bundle are written as well, into `export` in the folder. */
  readonly exports: boolean
}

export const USAGE =
  'usage: npm run --silent experiment -- <scene.json> --out <dir> [--backend name] [--export]'

/** What Node can train on. */
const ALLOWED: readonly BackendChoice[] = BACKEND_CHOICES.filter((name) => !name.endsWith('webgpu'))

/** One line for a person: what was found and what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Reads the command line of the headless runner; throws `UsageError`. */
export function parseArguments(argv: readonly string[]): ExperimentArguments {
  let scene: string | null = null
  let out: string | null = null
  let backend: BackendChoice | null = null
  let exports = false
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!
    if (argument === '--out' || argument === '--backend') {
      const value = argv[++i]
      if (value === undefined || value.startsWith('--'))
        throw new UsageError(`${argument}: no value given; ${USAGE}`)
      if (argument === '--out') out = value
      else backend = backendInNode(value, '--backend')
    } else if (argument === '--export') {
      exports = true
    } else if (argument.startsWith('-')) {
      throw new UsageError(
        `${argument}: unknown flag; allowed: --out, --backend, --export; ${USAGE}`,
      )
    } else if (scene === null) {
      scene = argument
    } else {
      throw new UsageError(`${argument}: only one scene is run at a time; ${USAGE}`)
    }
  }
  if (scene === null) throw new UsageError(`no scene given; ${USAGE}`)
  if (out === null) throw new UsageError(`--out: missing; ${USAGE}`)
  return { scene, out, backend, exports }
}

/**
 * What Node trains on for a choice.
 * @param where names the choice for people
 * @throws UsageError where it is none, or one that needs a browser
 */
export function backendInNode(value: string, where: string): BackendChoice {
  const choice = ALLOWED.find((name) => name === value)
  if (choice) return choice
  const known = BACKEND_CHOICES.some((name) => name === value)
  const reason = known ? `${value} needs a browser, Node has none` : `found ${value}`
  throw new UsageError(`${where}: ${reason}; allowed: ${ALLOWED.join(', ')}`)
}
