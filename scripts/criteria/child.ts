import { answerJobs } from '../reproduce/pool.ts'
import { perform } from './perform.ts'

answerJobs(perform)
