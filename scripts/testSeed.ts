import fc from 'fast-check'

/**
 * One seed for all property tests of a run of the unit suite, said as it starts: in each test file as its setup, and once for
 * the run. The same seed draws the same examples; `npm run test:repeat` takes another one each time.
 */
const DEFAULT_SEED = 1

const asked = process.env['TEST_SEED']
const seed = asked === undefined || asked === '' ? DEFAULT_SEED : Number(asked)
if (!Number.isInteger(seed) || Math.abs(seed) > 2 ** 31)
  throw new Error(`TEST_SEED: found ${asked ?? ''}; allowed: a whole number below 2^31`)
fc.configureGlobal({ seed })

export function setup(): void {
  console.log(
    `Property tests draw from seed ${seed}: TEST_SEED=${seed} npm run test:unit repeats them.`,
  )
}
