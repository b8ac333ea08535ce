import { describe, expect, it } from 'vitest'
import { defaultTarget } from '../../lab/scene/defaults.ts'
import { MAX_BARRIERS, type BarrierSpec, type EnergySpec } from '../../lab/scene/sceneSpec.ts'
import type { ShelfItem } from '../storage/library.ts'
import { addressOf, openAddress } from './scene/address.ts'
import { barriersOf, everyBarrier } from './shelf/shelfStore.ts'
import { open, SCENE, settle } from './lab.testing.ts'

describe('composing', () => {
  const rings = {
    energy: { kind: 'pretrained', name: 'rings' },
    target: defaultTarget('rings'),
    label: 'Rings',
  } as const

  it('fills the tray, weighs, takes out, and goes back to the single energy', async () => {
    const { lab } = await open()
    lab.addToTray(rings)
    lab.addToTray({ ...rings, energy: { kind: 'exact' }, label: 'Exact' })
    lab.setWeight(0, -0.5)
    const { energy, dynamics } = lab.scene.getState().scene
    expect(energy).toEqual({
      kind: 'sum',
      barriers: [],
      terms: [
        { weight: -0.5, energy: rings.energy, target: null },
        { weight: 1, energy: { kind: 'exact' }, target: rings.target },
      ],
    })
    expect(dynamics.stepSize).toBeNull()
    lab.removeTerm(1)
    lab.removeTerm(0)
    expect(lab.scene.getState().scene.energy).toEqual(SCENE.energy)
  })

  it('composes by and or by or, with weights that a mixture may have', async () => {
    const { lab } = await open()
    lab.addToTray(rings)
    lab.addToTray(rings)
    lab.setWeight(0, -0.5)
    const told = () => {
      const { energy } = lab.scene.getState().scene
      if (energy.kind !== 'sum') return energy.kind
      return [energy.operation ?? 'and', ...energy.terms.map(({ weight }) => weight)]
    }
    lab.setOperation('or')
    expect(told()).toEqual(['or', 1, 1])
    const { scene } = lab.scene.getState()
    expect(openAddress(addressOf(scene), '').scene.energy).toEqual(scene.energy)
    // A mixture needs a weight above 0, and none below.
    lab.setWeight(0, -2)
    lab.setWeight(0, 0)
    expect(told()).toEqual(['or', 0, 1])
    lab.setWeight(1, 0)
    expect(told()).toEqual(['or', 0, 1])
    lab.removeTerm(1)
    expect(told()).toEqual(['or', 1])
    lab.addToTray(rings)
    lab.setOperation('and')
    expect(told()).toEqual(['and', 1, 1])
    expect(lab.scene.getState().scene.energy).not.toHaveProperty('operation')
  })

  it('leaves a run that was paused where it is told to stand, and plays any other', async () => {
    const { lab, platform, status } = await open()
    lab.addToTray(rings)
    await settle()
    expect(status()).toBe('running')
    await platform.frames(3)
    lab.playback.pause()
    for (const change of [
      () => lab.addToTray(rings),
      () => lab.removeTerm(1),
      () => lab.clearTray(),
    ]) {
      change()
      await settle()
      await platform.frames(3)
      expect([status(), lab.live.getState().step]).toEqual(['idle', 0])
    }
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    expect(status()).toBe('running')
  })

  it('saves a composition by value: it survives, and links carry it', async () => {
    const { lab, kept } = await open()
    lab.addToTray(rings)
    lab.addToTray(rings)
    const { energy } = lab.scene.getState().scene
    lab.saveComposition()
    await settle()
    const [item] = (await kept.contents()).items
    expect((item as ShelfItem).content).toEqual({ kind: 'sum', energy })
    expect(openAddress(addressOf(lab.scene.getState().scene), '').scene.energy).toEqual(energy)
  })
})

describe('barriers', () => {
  const disc: BarrierSpec = { kind: 'disc', center: [0, 0], radius: 0.5, strength: 0.1 }

  it('make a sum of the single energy, with its target and η, and give it back with the last of them', async () => {
    const { lab } = await open()
    lab.edit((scene) => ({ ...scene, dynamics: { ...scene.dynamics, stepSize: 0.02 } }))
    const before = lab.scene.getState().scene
    lab.addBarrier(disc)
    expect(lab.scene.getState().scene).toEqual({
      ...before,
      energy: {
        kind: 'sum',
        terms: [{ weight: 1, energy: before.energy, target: null }],
        barriers: [disc],
      },
    })
    expect(lab.tool.getState().placed).toBe(0)
    lab.addBarrier({ ...disc, radius: 1 })
    lab.editBarrier(1, { ...disc, radius: 2, strength: 0 })
    expect(barriersOf(lab.scene.getState().scene.energy)).toEqual([
      disc,
      { ...disc, radius: 2, strength: 0 },
    ])
    lab.removeBarrier(0)
    lab.removeBarrier(0)
    expect(lab.scene.getState().scene).toEqual(before)
  })

  it('leave a tray that was filled by hand as it was', async () => {
    const { lab } = await open()
    lab.addToTray({ energy: { kind: 'exact' }, target: defaultTarget('rings'), label: 'Rings' })
    const filled = lab.scene.getState().scene
    lab.addBarrier(disc)
    lab.removeBarrier(0)
    expect(lab.scene.getState().scene).toEqual(filled)
  })

  it('are cleared with the tray, back to the energy that stood before', async () => {
    const { lab } = await open()
    const before = lab.scene.getState().scene
    lab.addBarrier(disc)
    lab.clearTray()
    expect(lab.scene.getState().scene).toEqual(before)
  })

  it('are no more than a scene may hold, and one too many is said', async () => {
    const { lab } = await open()
    for (let i = 0; i <= MAX_BARRIERS; i++) lab.addBarrier(disc)
    expect(barriersOf(lab.scene.getState().scene.energy)).toHaveLength(MAX_BARRIERS)
    expect(lab.run.getState().notices.at(-1)?.text).toMatch(/^energy\.barriers: .*allowed: 32/)
  })

  it('inside the terms of a sum count, but are not those that one moves', () => {
    const inner: EnergySpec = {
      kind: 'sum',
      terms: [{ weight: 1, energy: { kind: 'exact' }, target: null }],
      barriers: [disc],
    }
    const outer: EnergySpec = {
      kind: 'sum',
      terms: [{ weight: 2, energy: inner, target: null }],
      barriers: [],
    }
    expect(everyBarrier(outer)).toEqual([disc])
    expect(barriersOf(outer)).toEqual([])
  })
})
