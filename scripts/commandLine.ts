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
