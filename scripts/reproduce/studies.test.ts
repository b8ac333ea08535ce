import { describe, expect, it } from 'vitest'
import { parseScene } from '../../src/lab/scene/reading/decode.ts'
import { experiment, EXPERIMENTS } from '../../src/lab/scene/experiments.ts'
import type { SceneSpec } from '../../src/lab/scene/sceneSpec.ts'
import { documentOf, markdownTable } from './document.ts'
import { svg } from './figure.ts'
import { perform } from './perform.ts'
import { STUDIES } from './studies.ts'
import { certificate } from './studies/certificate.ts'
import { statisticalInterval } from './studies/shipped.ts'
import { atLeast, atMost, between, near } from './study.ts'

const SEEDS = { few: [1], several: [1], many: [1, 2] }

describe('the studies', () => {
  it('leave no experiment out, and none of the theory without one of its own', () => {
    const covered = STUDIES.flatMap(({ id, covers = [id] }) => covers)
    expect(covered.toSorted()).toEqual(EXPERIMENTS.map(({ id }) => id).toSorted())
    for (const { id, group } of EXPERIMENTS)
      if (group === 'theory') expect(STUDIES.map((study) => study.id)).toContain(id)
  })

  it.each(STUDIES)('$id: runs scenes that a file may hold, and names every variation', (study) => {
    const scene = experiment(study.covers?.[0] ?? study.id)!.scene
    const jobs = study.jobs(scene, SEEDS)
    for (const job of Object.values(jobs)) {
      expect(parseScene(JSON.parse(JSON.stringify(job.scene)))).toEqual({ scene: job.scene })
      expect(job.seeds.length).toBeGreaterThan(0)
    }
    for (const name of Object.keys(study.variations ?? {})) expect(jobs).toHaveProperty([name])
    expect(study.question).toMatch(/\?$/u)
  })
})

describe('predictions', () => {
  it('are not met by what was not measured', () => {
    const none = Number.NaN
    for (const { met } of [
      atMost('', none, 1),
      atLeast('', none, 1),
      between('', none, [0, 1]),
      near('', none, 1, 0.1),
    ])
      expect(met).toBe(false)
    expect(near('', 1.04, 1, 0.05).met).toBe(true)
    expect(near('', -1.06, -1, 0.05).met).toBe(false)
  })
})

it('gives the statistical rule an interval that an exponential fall must respect', () => {
  const exact = Array.from({ length: 201 }, (_, k) => Math.exp(-k / 10))
  const [earliest, latest] = statisticalInterval(exact, 1e-3, 10)
  // The fall over ten steps ending at k is (e − 1) e^(−k/10).
  const firstBelow = (level: number) => 10 * Math.ceil(Math.log((Math.E - 1) / level))
  expect(earliest).toBe(firstBelow(5 * Math.SQRT2 * 1e-3) + 10)
  expect(latest).toBe(firstBelow(0.5e-3) + 40)
  // Noisier readings in the first 40 steps allow two quiet windows sooner.
  const [sooner] = statisticalInterval(exact, 1e-3, 10, (k) => (k < 40 ? 1e-2 : 1e-3))
  expect(sooner).toBe(firstBelow(5 * Math.SQRT2 * 1e-2) + 10)
})

it('escapes bars in tables', () => {
  expect(markdownTable(['a', 'KL(ρ|π)'], [['1', '|x|']])).toBe(
    '| a | KL(ρ\\|π) |\n| --- | --- |\n| 1 | \\|x\\| |',
  )
})

it('carries a small experiment from the scene to the document', async () => {
  const entry = experiment('certificate')!
  const small: SceneSpec = {
    ...entry.scene,
    domain: { ...entry.scene.domain, cells: 64 },
    dynamics: { ...entry.scene.dynamics, steps: 100, particles: 256 },
  }
  const job = certificate.jobs(small, SEEDS)['main']!
  const outcomes = await perform(job)
  const finding = certificate.judge(() => outcomes)
  expect(finding.predictions.filter(({ met }) => !met)).toEqual([])
  const text = documentOf(
    [
      {
        study: certificate,
        title: entry.title,
        outcomes: new Map([['main', outcomes]]),
        finding,
      },
    ],
    { command: 'it', machine: 'this', seconds: 60, seeds: [1], manySeeds: [1] },
  )
  expect(text).toContain('## 1. A certificate in advance')
  expect(text).toContain('(experiments/certificate.svg)')
  expect(text).toContain('| **a-priori** | 95 |')
  expect(text).toContain('η = 0.05; 100 steps; N = 256')
  expect(text).not.toMatch(/NaN|undefined/u)
  for (const figure of finding.figures) expect(svg(figure)).toContain('certified: step 95')
})
