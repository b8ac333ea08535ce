import { describe, expect, it } from 'vitest'
import { experimentAt } from '../../lab/scene/experiments.ts'
import { attachKeys, SHORTCUTS } from './keys.ts'
import { open, SCENE, settle, STOP } from './lab.testing.ts'

const keyEvent = (key: string, ctrlKey: boolean) =>
  Object.assign(new Event('keydown', { cancelable: true }), { key, ctrlKey })

async function page() {
  const opened = await open({
    scene: { ...SCENE, stopping: { ...SCENE.stopping, criterion: 'tolerance' } },
    search: '?haltAt=20',
  })
  await opened.platform.frames(30, 100)
  const target = new EventTarget()
  const detach = attachKeys(target, opened.lab)
  /** @returns whether the page took the key */
  const strike = (key: string, ctrlKey = false) => !target.dispatchEvent(keyEvent(key, ctrlKey))
  const press = async (key: string, ctrlKey = false) => {
    const taken = strike(key, ctrlKey)
    await settle()
    return taken
  }
  return { ...opened, strike, press, detach }
}

describe('keys of the page', () => {
  it('step both ways, go to the stop and to the start, play and pause', async () => {
    const { strike, press, lab, step, status } = await page()
    expect([step(), status()]).toEqual([20, 'paused'])
    await press('ArrowRight')
    expect(step()).toBe(21)
    await press(',')
    await press(',')
    expect(step()).toBe(19)
    await press('S')
    expect(step()).toBe(STOP)
    // Beyond the step at which the address halts it.
    lab.playback.scrub(21)
    await settle()
    // What the clock does next is for the tests of the playback.
    strike(' ')
    expect(status()).toBe('running')
    strike('k')
    expect(status()).toBe('paused')
    strike('r')
    expect(status()).toBe('running')
  })

  it('walk through the experiments and open the help', async () => {
    const { press, lab } = await page()
    const at = () => experimentAt(lab.scene.getState().scene)
    await press('n')
    const first = at()
    expect(first).toBeGreaterThanOrEqual(0)
    await press('n')
    expect(at()).toBe(first + 1)
    await press('p')
    expect(at()).toBe(first)
    await press('?')
    expect(lab.tool.getState().showsHelp).toBe(true)
  })

  it('are left alone with a modifier, when they are switched off, and when the page has gone', async () => {
    const { press, lab, detach, step } = await page()
    expect(await press('z', true)).toBe(false)
    expect(await press('r', true)).toBe(false)
    lab.tool.setState({ takesKeys: false })
    expect(await press('ArrowRight')).toBe(false)
    lab.tool.setState({ takesKeys: true })
    detach()
    expect(await press('ArrowRight')).toBe(false)
    expect(step()).toBe(20)
  })

  it('each has one meaning', () => {
    const all = SHORTCUTS.flatMap(({ keys }) => keys)
    expect(new Set(all).size).toBe(all.length)
  })
})
