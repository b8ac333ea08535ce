import { parseArgs, type ParseArgsConfig } from 'node:util'

/**
 * The words of a command line. `--help` prints the usage and ends with 0; what is not understood ends with 2 and one line.
 * @param usage one line, without the word
 */
export function readCommandLine<T extends ParseArgsConfig>(
  usage: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  const argv = config.args ?? process.argv.slice(2)
  if (argv.includes('--help')) {
    console.log(`usage: ${usage}`)
    process.exit(0)
  }
  try {
    return parseArgs(config)
  } catch (error) {
    // Node adds advice on positional arguments behind the first sentence.
    const [what] = (error as Error).message.split('. ')
    console.error(`${what ?? ''}; usage: ${usage}`)
    process.exit(2)
  }
}

/** What keeps a command from its work: one line with what was found, what is allowed and the usage, and 2 as the exit code. */
export function refuse(usage: string, name: string, found: string, allowed: string): never {
  console.error(`${name}: found ${found}; allowed: ${allowed}; usage: ${usage}`)
  process.exit(2)
}

/**
 * A whole number of the command line.
 * @param name as a person writes it, `--seed`
 * @param text undefined: it was left out
 * @param most the largest that is allowed
 */
export function readWhole(
  usage: string,
  name: string,
  text: string | undefined,
  fallback: number,
  most = 2 ** 32 - 1,
): number {
  if (text === undefined) return fallback
  if (/^\d{1,10}$/u.test(text) && Number(text) <= most) return Number(text)
  return refuse(usage, name, text, `a whole number up to ${most}`)
}
