import { perform } from './perform.ts'
import { answerJobs } from './pool.ts'

answerJobs(perform)
