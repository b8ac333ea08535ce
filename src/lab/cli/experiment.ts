import { USAGE } from './arguments.ts'
import { runCommand } from './command.ts'
import { experiment } from './experimentCommand.ts'

await runCommand(USAGE, experiment)
