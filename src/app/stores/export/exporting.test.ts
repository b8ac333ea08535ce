import { expect, test } from 'vitest'
import type { SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import { open, SCENE, settle, STEPS, UNTRAINED } from '../lab.testing.ts'
import { createExporting, obstacleOf, type MadeFile } from './exporting.ts'

async function opened(scene: SceneSpec = SCENE, copies = true) {
  const copied: string[] = []
  const { lab, client, platform } = await open({ scene })
  const saved: MadeFile[] = []
  const exporting = createExporting({
    ...{ client, platform, scene: lab.scene, run: lab.run, live: lab.live },
    keeping: { loaded: Promise.resolve(), ready: () => Promise.resolve(null) },
    page: { location: { href: 'http://lab.test/?haltAt=2#x' } as Location },
    copy: (text) => {
      if (text === '' || !copies) return Promise.reject(new Error('the browser refuses'))
      copied.push(text)
      return Promise.resolve()
    },
    save: (file) => saved.push(file),
  })
  return { lab, client, exporting, saved, copied }
}

test('a file of the step that is shown, named by its scene, with the address that opens it', async () => {
  const { lab, exporting, saved } = await opened()
  const { step } = lab.live.getState()
  await exporting.start('particles')
  const [{ name, bytes, type }] = saved as [MadeFile]
  expect({ name, type }).toEqual({ name: 'two-moons-1-particles.csv', type: 'text/csv' })
  const [what, , link] = new TextDecoder().decode(bytes).split('\n')
  expect(what).toContain(`particles at step ${String(step)},`)
  expect(link).toMatch(/^# link: http:\/\/lab\.test\/#/u)
  expect(exporting.store.getState().saved).toEqual({ name, bytes: bytes.length })
})

test('what the run lacks is computed first; cancelled, or with another run on the stage, no file comes of it', async () => {
  const { lab, client, exporting, saved } = await opened()
  const making = exporting.start('curves')
  await settle()
  // The laws of this run never come.
  expect(exporting.store.getState().progress?.doing).toBe('Waiting for the exact curves')
  expect(client.of('frame').at(-1)?.step).toBe(STEPS)
  exporting.cancel()
  await making
  expect(exporting.store.getState()).toMatchObject({ making: null, problem: null })

  const other = exporting.start('result')
  await settle()
  lab.edit((scene) => ({ ...scene, seed: 5 }))
  await other
  expect(exporting.store.getState().problem?.text).toMatch(/given way to another/)
  expect(saved).toEqual([])
})

test('what cannot be made of the stage says why', async () => {
  const { lab, exporting, saved } = await opened(UNTRAINED)
  const state = lab.run.getState()
  expect(obstacleOf(state, 'curves')).toBe('The energy is not trained yet.')
  expect(obstacleOf(state, 'scene')).toBeNull()
  expect(obstacleOf({ ...state, preparing: true }, 'scene')).toBe('The run is being prepared.')
  expect(obstacleOf({ ...state, run: null }, 'scene')).toBe('There is no run yet.')
  const training = { ...state.training, phase: 'running' } as const
  expect(obstacleOf({ ...state, training }, 'grid')).toBe('An energy is being trained.')
  await exporting.start('grid')
  expect(exporting.store.getState().problem?.text).toBe('The energy is not trained yet.')
  expect(saved).toEqual([])
  const formula = await opened()
  expect(obstacleOf(formula.lab.run.getState(), 'weights')).toMatch(/a formula/)
})

test('the script is copied, and saved where the browser refuses', async () => {
  const { exporting, copied } = await opened()
  await exporting.copyPython()
  expect(copied[0]).toContain('GRID = "two-moons-1-grid.npz"')
  expect(exporting.store.getState()).toMatchObject({ copied: true, saved: null })
  const refused = await opened(SCENE, false)
  await refused.exporting.copyPython()
  expect(refused.saved.map(({ name }) => name)).toEqual(['two-moons-1-langevin.py'])
})
