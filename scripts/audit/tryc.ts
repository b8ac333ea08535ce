import { coverageCases, coverageOf } from './coverage.ts'
const [seed, from, to] = process.argv.slice(2).map(Number)
const cases = coverageCases(seed!)
for (const c of cases.slice(from, to)) {
  const c0 = process.cpuUsage()
  const found = await coverageOf(
    c,
    Array.from({ length: 40 }, (_, i) => i + 1),
  )
  const cpu = process.cpuUsage(c0)
  console.log(c.name, ((cpu.user + cpu.system) / 1e6).toFixed(1))
  for (const f of found)
    console.log(
      '  ',
      f.what,
      f.step,
      f.truth.toFixed(4),
      'bias',
      f.bias.toFixed(1),
      'ratio',
      f.ratio.toFixed(2),
      `${f.covered}/${f.seeds}`,
    )
}
