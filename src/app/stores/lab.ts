import type { AnalysisClient } from '../../lab/client/analysisClient.ts'
import type { ComputeClient } from '../../lab/client/computeClient.ts'
import { isAbortError, isCrash } from '../../lab/client/callError.ts'
import type { LiveEnergy, ThumbnailRequest, TrainReply } from '../../lab/protocol/calls.ts'
import { namedAssets, pointsAsset, type AssetName } from '../../lab/scene/assets.ts'
import { BUILT_IN_TARGETS, defaultTarget } from '../../lab/scene/defaults.ts'
import { partKey, samePart, sameTraining } from '../../lab/scene/normalise.ts'
import {
  MAX_BARRIERS,
  type BarrierSpec,
  type EnergySpec,
  type SceneSpec,
  type ShelfRecipe,
  type TargetSpec,
} from '../../lab/scene/sceneSpec.ts'
import { LONGEST_LINK } from '../../lab/scene/linkSeal.ts'
import type { DataSet, Library, ShelfItem } from '../storage/library.ts'
import { explain } from './explain.ts'
import { fitted } from './scene/fit.ts'
import { loadLiveTraining } from './training/loadLiveTraining.ts'
import type { Keeping } from './shelf/keeping.ts'
import { createLaws } from './run/laws.ts'
import { createCloudStore, type CloudStore } from './run/cloudStore.ts'
import type { LiveTrainingControl } from './training/liveTraining.ts'
import { readManifest, shippedFor } from './shelf/manifest.ts'
import type { Platform } from './platform.ts'
import { createPlayback, type Playback } from './run/playback.ts'
import {
  createRunStore,
  dismiss,
  post,
  withdraw,
  type Posted,
  type RunStore,
  type Said,
} from './run/runStore.ts'
import { createSceneHistory, type SceneHistory } from './scene/sceneHistory.ts'
import {
  addressOf,
  createSceneStore,
  edit,
  openAddress,
  withEnergy,
  withTarget,
  type SceneStore,
} from './scene/sceneStore.ts'
import {
  barriersOf,
  createShelfStore,
  withoutShipped,
  energyOfItem,
  learnedOf,
  nameOf,
  targetName,
  targetOfDataSet,
  withBarrier,
  withBarrierAt,
  withoutTerm,
  withTerm,
  withWeight,
  type Card,
  type ShelfStore,
} from './shelf/shelfStore.ts'
import { createToolStore, type ToolStore } from './toolStore.ts'
import { createTraining, type TrainingControl } from './training/training.ts'
import { keepUnfinished } from './shelf/keepUnfinished.ts'

/**
 * The page's one controller: turns what a person does into scene changes, and scene changes into calls.
 * Free of React; views read the stores and call these functions.
 */
export interface Lab {
  readonly scene: SceneStore
  readonly run: RunStore
  readonly live: CloudStore
  readonly shelf: ShelfStore
  readonly tool: ToolStore
  readonly playback: Playback
  readonly training: TrainingControl
  readonly following: LiveTrainingControl
  /** The scenes that one has been through. */
  readonly history: SceneHistory
  /** Any change of the scene; what follows from it happens by itself. */
  edit(change: (scene: SceneSpec) => SceneSpec): void
  /** A whole other scene (an experiment, a file); plays. */
  open(scene: SceneSpec): void
  /** Another target, on its shipped energy where there is one at that sharpness. */
  selectTarget(target: TargetSpec): void
  /** One energy on the stage, with its target. */
  selectEnergy(card: Pick<Card, 'energy' | 'target'>): void
  addToTray(card: Pick<Card, 'energy' | 'target' | 'label'>): void
  setWeight(index: number, weight: number): void
  removeTerm(index: number): void
  /** Back to the single energy that stood before the sum. */
  clearTray(): void
  /** A keep-out region more; its handle on the stage gets the focus. */
  addBarrier(barrier: BarrierSpec): void
  /** Moves or reshapes a barrier; as fast as a pointer asks, the latest wins. */
  editBarrier(index: number, barrier: BarrierSpec): void
  /** Without its last barrier, a single energy that stood before them is a single energy again. */
  removeBarrier(index: number): void
  /** The next stroke on the stage draws a keep-out region, or no longer does. */
  drawRegion(on: boolean): void
  /** Puts the composition on the shelf as an energy of its own. */
  saveComposition(): void
  /** Takes an energy off the shelf, or data off the gallery; a notice offers them back. */
  remove(id: string): void
  putBack(id: string): void
  /** Removes for good what had been removed, or what cannot be read. */
  destroy(what: Parameters<Keeping['destroy']>[0]): void
  /** What makes data unfit for a target, in the engine's own words; null when nothing does. */
  checkData(content: DataSet['content']): Promise<string | null>
  /** Keeps the data and trains for it next. */
  addDataSet(label: string, content: DataSet['content']): void
  /** The address that gives the same numbers: η, steps and backend as they were really used. */
  link(): string
  /** What that address names and does not hold, so that only this browser can open it; null: it holds all. */
  missingFromLink(): string | null
  setTheme(theme: SceneSpec['view']['theme']): void
  /** Whether any of the stage is on screen: particles that nobody sees are not moved. */
  watch(seen: boolean): void
  /** @param about what it is about: a later notice about the same takes its place */
  notify(
    level: 'info' | 'warning' | 'error',
    said: Said,
    about?: string,
    more?: Pick<Posted, 'action'>,
  ): void
  dismissNotice(id: number): void
  /** Takes back the notices about something that is in order now. */
  withdrawNotices(about: string): void
  dispose(): void
}

export interface LabOptions {
  readonly client: ComputeClient
  readonly analysis: AnalysisClient
  /** Where things are kept; default: this browser's storage. */
  readonly library?: Library
  /** Resolves when the page is to go on without what keeps things, where that has not come by then. */
  readonly patience: Promise<unknown>
  readonly platform: Platform
  readonly page: Pick<Window, 'location' | 'history' | 'addEventListener' | 'removeEventListener'>
  /** Reads `energies/manifest.json`. */
  readonly fetchManifest: () => Promise<unknown>
}

/** How long the first run has the worker to itself, ms. */
const BACKGROUND_DELAY = 600
/** Where no first run comes, as a training took its place or it was refused, pictures are asked for after so long, ms. */
const LONGEST_DELAY = 2500
/** What keeps things is no part of the first file: the first run does not wait for it. */
const loadKeeping = () => import('./shelf/keeping.ts')
/** Cells a side of the little pictures. */
const TARGET_CELLS = 64
const ENERGY_CELLS = 48

export function createLab({
  client,
  analysis,
  library,
  patience,
  platform,
  page,
  fetchManifest,
}: LabOptions): Lab {
  const opened = openAddress(page.location.hash, page.location.search)
  const scene = createSceneStore(opened.scene)
  const run = createRunStore()
  const live = createCloudStore()
  const shelf = createShelfStore()
  const tool = createToolStore()
  postFlaws(opened.message)

  /** The scene before the tray was filled, for the way back. */
  let single: Pick<SceneSpec, 'energy' | 'target'> | null = null
  const provided = new Set<string>()
  let backendChoice: string | null = null
  let started = false
  let picturing = false

  /** What takes the tray back to where it is now. */
  function remember(): () => void {
    const alone = single
    return () => {
      single = alone
    }
  }

  /** What a link got wrong; the rest of it stands. */
  function postFlaws(message: string | null): void {
    if (message !== null) post(run, 'warning', message, 'link')
  }

  // What was made before, and what is shipped ---------------------------------------------------

  const keeping = loadKeeping().then(({ createKeeping, openLibrary }) =>
    createKeeping({
      library: library ?? openLibrary(),
      platform,
      scene,
      run,
      shelf,
      tool,
      offer: (found) => training.offer(found),
    }),
  )
  /** What keeps things, or null where it has not come in time: then the page goes on without. */
  const kept = (): Promise<Keeping | null> =>
    Promise.race([keeping, patience.then(() => null)]).catch(() => null)
  keeping.catch((error: unknown) => {
    post(run, 'error', explain(error, 'Nothing is kept beyond this tab.'))
  })
  const safe: Keeping['safe'] = async (what, write) =>
    (await kept())?.safe(what, write) ?? Promise.resolve(false)
  const loaded = kept().then(async (ready) => {
    if (ready === null) {
      shelf.setState({ persistent: false })
      return
    }
    const { followed } = await ready.loaded
    if (followed === addressOf(scene.getState().scene)) following.begin()
    const found = run.getState().training
    if (found.phase === 'interrupted' && found.scene !== null)
      post(
        run,
        'info',
        `A training of ${targetName(shelf.getState(), found.scene.target)} was left at step ${String(found.step)}` +
          (found.steps > 0 ? ` of ${String(found.steps)}` : '') +
          '. Resume goes on from there; Discard forgets it.',
      )
  })

  const manifest = fetchManifest().then(
    (json) => {
      shelf.setState({ manifest: readManifest(json) })
    },
    () => undefined,
  )

  // Assets --------------------------------------------------------------------------------------

  async function hand(ref: AssetName, bytes: Uint8Array): Promise<void> {
    await client.call('provide', { ref, bytes })
    provided.add(ref)
  }

  /** Hands over what the page has; names what nobody has and could be trained again. */
  async function provideAssets(
    asked: SceneSpec,
  ): Promise<readonly { id: string; hash: string; recipe: ShelfRecipe }[]> {
    const named = namedAssets(asked)
    if (named.size === 0) return []
    await loaded
    const ready = await kept()
    const missing: { id: string; hash: string; recipe: ShelfRecipe }[] = []
    for (const [name, asset] of named) {
      if (provided.has(name)) continue
      const bytes = ready?.bytesOf(asset) ?? null
      if (bytes !== null) await hand(name, bytes)
      else if (asset.kind === 'shelf' && asset.recipe !== null)
        missing.push({ id: asset.id, hash: asset.hash, recipe: asset.recipe })
    }
    return missing
  }

  /** The same for what a person has asked for: where the worker was given up it is tried once more. */
  function provide(asked: SceneSpec): ReturnType<typeof provideAssets> {
    client.revive()
    return provideAssets(asked)
  }

  // The run and the training --------------------------------------------------------------------

  const playback = createPlayback({
    client,
    platform,
    scene,
    run,
    live,
    autoplay: !platform.reducedMotion() || opened.scene.view.haltAt !== null,
    provide: async (asked) => {
      const [first] = await provide(asked)
      if (first === undefined) return true
      post(
        run,
        'info',
        'This link names an energy that is not in this browser; it is being trained again from its recipe.',
      )
      training.retrain(first.id, first.hash, first.recipe)
      return false
    },
    mend: (refusal) => {
      const now = scene.getState().scene
      const fit = fitted(now, refusal) ?? withoutShipped(shelf.getState(), now, refusal)
      if (fit === null) return false
      post(run, 'info', fit.text)
      history.amend(() => {
        edit(scene, () => fit.scene)
      })
      return true
    },
    onReady: (ready) => {
      laws.follow(ready)
      drawTarget()
      if (started) openBackend()
      else {
        started = true
        // The first particles move before anything else asks the worker for its time.
        platform.after(BACKGROUND_DELAY, () => {
          openBackend()
          picture()
        })
      }
    },
  })

  /** The run that was last asked how its target is drawn. */
  let pictured: number | null = null

  /** The target is drawn where somebody looks at that layer: the first particles do not wait for it. */
  function drawTarget(): void {
    const { run: ready } = run.getState()
    if (ready === null || ready.targetDensity !== null || ready.run === pictured) return
    if (!scene.getState().scene.view.layers.includes('target')) return
    const { run: id } = ready
    pictured = id
    client.call('targetDensity', { run: id }).then(
      (targetDensity) => {
        run.setState(({ run: now }) => (now?.run === id ? { run: { ...now, targetDensity } } : {}))
      },
      // The run has given way to another, or its worker has: the next one is asked.
      () => undefined,
    )
  }

  const laws = createLaws({
    analysis,
    client,
    platform,
    run,
    refreshStops: () => {
      playback.recheck()
    },
  })

  const training = createTraining({
    client,
    platform,
    playback,
    scene,
    run,
    live,
    provide,
    keep,
    onBegin: () => {
      following.end()
    },
    keepCheckpoint: (id, checkpoint) => {
      void safe('The checkpoint of this training', (kept) => kept.putTraining(id, checkpoint))
    },
    clearCheckpoint: (id) => {
      void safe('The end of this training', (kept) => kept.removeTraining(id))
    },
    setAside: (found) => {
      void kept().then((ready) => ready?.setAside(found))
    },
    nameOf: ({ target }) => targetName(shelf.getState(), target),
  })

  const following = loadLiveTraining(
    async () => {
      const { createLiveTraining } = await import('./training/liveTraining.ts')
      return createLiveTraining({
        client,
        platform,
        playback,
        scene,
        run,
        live,
        provide,
        training: () => training.active,
        remember,
        // Nobody reads the laws of a run that has left the stage: they would only slow the training.
        onBegin: () => {
          laws.drop()
        },
        keep: keepLive,
      })
    },
    (error) => {
      post(run, 'error', explain(error))
    },
  )

  async function keepLive(energy: LiveEnergy): Promise<void> {
    const { target } = energy.scene
    await shelve(energy, {
      id: platform.uniqueId(),
      label: `${targetName(shelf.getState(), target)}, live`,
      createdAt: platform.today(),
      target,
      content: {
        kind: 'weights',
        bytes: energy.weights.slice(),
        hash: energy.hash,
        recipe: null,
        provenance: energy.provenance,
      },
      summary: summaryOf(energy),
      thumbnail: null,
    })
  }

  async function keep(
    reply: TrainReply,
    trained: SceneSpec,
    { shelfId, onStage }: { readonly shelfId: string | null; readonly onStage: boolean },
  ): Promise<boolean> {
    const { target } = trained
    const item = {
      id: shelfId ?? platform.uniqueId(),
      label: targetName(shelf.getState(), target),
      createdAt: platform.today(),
      target,
      content: {
        kind: 'weights' as const,
        bytes: reply.weights.slice(),
        hash: reply.hash,
        recipe: { seed: reply.scene.seed, target, training: reply.scene.training },
      },
      summary: summaryOf(reply),
      thumbnail: null,
    }
    return shelve(reply, item, onStage)
  }

  /** Puts new weights onto the shelf, first of all, and, where asked, onto the stage. @returns whether they are kept */
  async function shelve(
    { weights }: { readonly weights: Uint8Array },
    item: ShelfItem,
    onStage = true,
  ): Promise<boolean> {
    const isSafe = await putItem(item)
    // A worker that stops just now is given the weights again when a run asks for them.
    await hand(`shelf:${item.id}`, weights).catch(() => undefined)
    const { target } = item
    if (onStage) edit(scene, (s) => withEnergy({ ...s, target }, energyOfItem(item)))
    void pictureItem(item)
    return isSafe
  }

  async function putItem(item: ShelfItem): Promise<boolean> {
    shelf.setState(({ items }) => ({ items: [...items.filter(({ id }) => id !== item.id), item] }))
    return (await kept())?.putItem(item) ?? false
  }

  function openBackend(): void {
    const choice = scene.getState().scene.training.backend
    if (choice === backendChoice) return
    backendChoice = choice
    const opening = loaded.then(() =>
      client.call('openBackend', { choice, calibrations: shelf.getState().calibrations }),
    )
    opening.then(
      (report) => {
        if (choice !== backendChoice) return
        run.setState({ backend: report })
        if (choice !== 'auto' && report.name !== choice) {
          const why = report.refused.find(({ name }) => name === choice)
          post(run, 'warning', {
            text: `${choice} is not used here: ${why?.reason ?? 'it could not be opened'}. ${report.description} is.`,
            ...(why?.details === undefined ? {} : { details: why.details }),
          })
        }
      },
      (error: unknown) => {
        if (choice !== backendChoice || isAbortError(error)) return
        backendChoice = null
        if (!isCrash(error))
          post(run, 'error', explain(error, 'No training backend could be opened.'))
      },
    )
  }

  // Pictures ------------------------------------------------------------------------------------

  /** Pictures of the gallery and of the shipped shelf, once, one after the other. */
  function picture(): void {
    if (picturing) return
    picturing = true
    void (async () => {
      await Promise.all([manifest, loaded])
      for (const kind of BUILT_IN_TARGETS) await pictureTarget(defaultTarget(kind))
      for (const set of shelf.getState().dataSets) await pictureTarget(targetOfDataSet(set))
      for (const { name, target } of shelf.getState().manifest) {
        const energy: EnergySpec = { kind: 'pretrained', name }
        const raster = await thumbnail({ kind: 'energy', energy, target, cells: ENERGY_CELLS })
        if (raster !== null)
          shelf.setState(({ shippedThumbnails }) => ({
            shippedThumbnails: { ...shippedThumbnails, [name]: raster },
          }))
      }
      for (const item of shelf.getState().items)
        if (item.thumbnail === null) await pictureItem(item)
    })()
  }

  async function pictureTarget(target: TargetSpec): Promise<void> {
    const raster = await thumbnail({ kind: 'target', target, cells: TARGET_CELLS })
    if (raster === null) return
    shelf.setState(({ targetThumbnails }) => ({
      targetThumbnails: { ...targetThumbnails, [thumbnailKey(target)]: raster },
    }))
  }

  async function pictureItem(item: ShelfItem): Promise<void> {
    const energy = energyOfItem(item)
    const raster = await thumbnail({
      kind: 'energy',
      energy,
      target: item.target,
      cells: ENERGY_CELLS,
    })
    if (raster === null) return
    const current = shelf.getState().items.find(({ id }) => id === item.id)
    if (current !== undefined) await putItem({ ...current, thumbnail: raster })
  }

  /** A picture, or null where none can be made: a card without one still works. */
  async function thumbnail(request: ThumbnailRequest) {
    const energy: EnergySpec = request.kind === 'energy' ? request.energy : { kind: 'trained' }
    try {
      await provideAssets({ ...scene.getState().scene, target: request.target, energy })
      return await client.call('thumbnail', request)
    } catch {
      return null
    }
  }

  // Events --------------------------------------------------------------------------------------

  const unlisten = [
    platform.after(LONGEST_DELAY, picture),
    client.on('notice', (notice) => {
      post(run, notice.level, notice, notice.about)
    }),
    client.on('backend', (report) => {
      run.setState({ backend: report })
    }),
    client.on('calibrated', ({ adapter, calibration }) => {
      const at = platform.today()
      const calibrations = { ...shelf.getState().calibrations, [adapter]: { ...calibration, at } }
      shelf.setState({ calibrations })
      const text = JSON.stringify(calibrations)
      void safe('What was measured of the GPU', (kept) => kept.putSetting('calibrations', text))
    }),
    client.on('crashed', ({ message, restarted }) => {
      backendChoice = null
      const followed = restarted ? following.recover() : following.abandon()
      const went = !followed && (restarted ? training.recover() : training.abandon())
      if (!followed && !went) {
        if (restarted) playback.recover()
        else playback.fail()
      }
      const { step } = run.getState().training
      const then = followed
        ? '; the live training begins again.'
        : !training.active
          ? '.'
          : step > 0
            ? '; the training goes on from its last checkpoint.'
            : '; the training begins again.'
      const text = restarted
        ? `The compute worker stopped and was started again${then}`
        : 'The compute worker stopped again and again. What you made is kept; Play, Train or any other scene tries once more.'
      const reload = () => {
        page.location.reload()
      }
      const more = restarted ? {} : { action: { label: 'Reload', run: reload } }
      const said = { text, details: message }
      post(run, restarted ? 'warning' : 'error', said, 'compute worker', more)
    }),
    scene.subscribe(({ scene: now }, { scene: before }) => {
      if (now.training.backend !== before.training.backend && started) openBackend()
      if (training.active && asksForAnother(now, before)) {
        training.interrupt(true)
        return
      }
      if (following.active) following.follow()
      else playback.refresh()
      drawTarget()
    }),
  ]

  /** While training: whether the person turned to something else. */
  function asksForAnother(now: SceneSpec, before: SceneSpec): boolean {
    return !sameTraining(now, before) || !samePart(now.energy, before.energy)
  }

  const unkeep = keepUnfinished({
    scene,
    run,
    tool,
    platform,
    write: (write) => {
      void kept().then((ready) => {
        // What an earlier visit left is read before it is written over.
        if (ready?.read === true) void ready.safe('What is under way', write)
      })
    },
  })

  const history = createSceneHistory(
    {
      scene,
      page,
      platform,
      remember,
      onOpened: ({ message }) => {
        single = null
        postFlaws(message)
      },
      onTooLong: (length) => {
        post(run, 'warning', `${tooLong(length)} A reload opens the scene before it.`, 'link')
      },
    },
    (error) => {
      post(run, 'warning', explain(error))
    },
  )

  playback.refresh()

  // What a person does --------------------------------------------------------------------------

  function energyFor(target: TargetSpec): EnergySpec {
    const { manifest: shipped } = shelf.getState()
    const found = shippedFor(shipped, target)
    if (found !== undefined) return { kind: 'pretrained', name: found.name }
    const own = learnedOf(shelf.getState(), target)
    return own === undefined ? { kind: 'trained' } : energyOfItem(own)
  }

  /** Another scene, which plays even where the one before stood still. */
  function put(next: SceneSpec): void {
    edit(scene, () => next)
    if (!training.active && !following.active && !platform.reducedMotion())
      playback.refresh({ play: true })
  }

  /** The same for a change of the energy at hand, but particles that were told to stand still do. */
  function alter(next: SceneSpec): void {
    const { status, run: ready } = run.getState()
    const stands = status === 'paused' || (status === 'idle' && ready?.trained === true)
    if (stands) edit(scene, () => next)
    else put(next)
  }

  function selectTarget(target: TargetSpec): void {
    single = null
    const energy: EnergySpec = following.active ? { kind: 'trained' } : energyFor(target)
    put(withTarget(scene.getState().scene, target, energy))
  }

  function clearTray(): void {
    const { scene: now } = scene.getState()
    if (now.energy.kind !== 'sum') return
    const back = single ?? singleOf(now)
    single = null
    alter(withTarget(now, back.target, back.energy))
  }

  return {
    scene,
    run,
    live,
    shelf,
    tool,
    playback,
    training,
    following,
    history,
    edit(change) {
      edit(scene, change)
    },
    open(asked) {
      single = null
      const { theme } = scene.getState().scene.view
      put({ ...asked, view: { ...asked.view, theme } })
    },
    selectTarget,
    selectEnergy({ energy, target }) {
      single = null
      put(withTarget(scene.getState().scene, target, energy))
    },
    addToTray({ energy, target, label }) {
      const { scene: now } = scene.getState()
      if (now.energy.kind !== 'sum') single = { energy: now.energy, target: now.target }
      const next = withTerm(now, energy, target)
      if (next === now) post(run, 'warning', `energy.terms: ${label} is one too many for a sum.`)
      else alter(next)
    },
    setWeight(index, weight) {
      edit(scene, (s) => withWeight(s, index, weight))
    },
    removeTerm(index) {
      const { energy } = scene.getState().scene
      if (energy.kind === 'sum' && energy.terms.length <= 1) clearTray()
      else alter(withoutTerm(scene.getState().scene, index))
    },
    clearTray,
    addBarrier(barrier) {
      const { scene: now } = scene.getState()
      if (following.active) {
        post(run, 'info', 'A keep-out region stands beside an energy: keep the live one first.')
        return
      }
      const next = withBarrier(now, barrier)
      if (next === now) {
        post(run, 'warning', `energy.barriers: one more is too many; allowed: ${MAX_BARRIERS}.`)
        return
      }
      if (now.energy.kind !== 'sum') single = { energy: now.energy, target: now.target }
      tool.setState({ drawing: false, placed: barriersOf(next.energy).length - 1 })
      alter(next)
    },
    editBarrier(index, barrier) {
      edit(scene, (s) => withBarrierAt(s, index, barrier))
    },
    removeBarrier(index) {
      const next = withBarrierAt(scene.getState().scene, index, null)
      if (single === null || !standsAlone(next.energy, single.energy)) {
        alter(next)
        return
      }
      const { energy } = single
      single = null
      alter({ ...next, energy })
    },
    drawRegion(on) {
      tool.setState({ drawing: on })
    },
    saveComposition() {
      const { energy, target } = scene.getState().scene
      if (energy.kind !== 'sum') return
      const item: ShelfItem = {
        id: platform.uniqueId(),
        label: nameOf(shelf.getState(), energy, target),
        createdAt: platform.today(),
        target,
        content: { kind: 'sum', energy },
        summary: null,
        thumbnail: null,
      }
      void putItem(item).then(() => pictureItem(item))
    },
    remove(id) {
      void kept().then((ready) => ready?.remove(id))
    },
    putBack(id) {
      void kept().then((ready) => ready?.putBack(id))
    },
    destroy(what) {
      void kept().then((ready) => ready?.destroy(what))
    },
    async checkData(content) {
      const target = targetOfDataSet({ content })
      try {
        if (content.kind === 'file') await hand(pointsAsset(content), content.bytes)
        await client.call('thumbnail', { kind: 'target', target, cells: TARGET_CELLS })
        return null
      } catch (error) {
        return explain(error).text
      }
    },
    addDataSet(label, content) {
      const target = targetOfDataSet({ content })
      void kept().then((ready) => ready?.addDataSet(label, content))
      void pictureTarget(target)
      selectTarget(target)
    },
    link() {
      const { run: ready } = run.getState()
      const { scene: asked } = scene.getState()
      const used =
        ready === null ? asked : { ...ready.scene, view: asked.view, stopping: asked.stopping }
      return new URL(
        addressOf({ ...used, view: { ...used.view, theme: 'auto' } }),
        page.location.href,
      ).href
    },
    missingFromLink() {
      const { length } = this.link()
      if (length > LONGEST_LINK) return tooLong(length)
      const { energy, target } = scene.getState().scene
      if (holdsWeightsOnly(energy))
        return 'The link names an energy that only the shelf of this browser has: it was kept without a recipe to train it by.'
      if (target.kind === 'points' && 'file' in target)
        return `The link names the file ${target.file}, whose points only this browser has.`
      return null
    },
    setTheme(theme) {
      edit(scene, (s) => ({ ...s, view: { ...s.view, theme } }))
      void safe('The theme', (kept) => kept.putSetting('theme', theme))
    },
    notify(level, said, about, more) {
      post(run, level, said, about, more)
    },
    dismissNotice(id) {
      dismiss(run, id)
    },
    withdrawNotices(about) {
      withdraw(run, about)
    },
    watch(seen) {
      playback.watch(seen)
      training.watch(seen)
      following.watch(seen)
    },
    dispose() {
      history.dispose()
      unkeep()
      for (const stop of unlisten) stop()
      training.dispose()
      following.dispose()
      playback.dispose()
      laws.dispose()
      client.dispose()
    },
  }
}

function tooLong(length: number): string {
  return (
    `This scene is too long for an address: ${String(length)} characters; allowed: up to ` +
    `${String(LONGEST_LINK)}.`
  )
}

/** The key of a target's picture. */
export function thumbnailKey(target: TargetSpec): string {
  return partKey(target)
}

/** What a card says of a training. */
function summaryOf({ summary }: Pick<TrainReply, 'summary'>): ShelfItem['summary'] {
  const { backend, steps, seconds, klDataModel, crossEntropy, crossEntropyStandardError } = summary
  return { backend, steps, seconds, klDataModel, crossEntropy, crossEntropyStandardError }
}

/** The first term of a sum, for a scene that never was anything else. */
function singleOf({ energy, target }: SceneSpec): Pick<SceneSpec, 'energy' | 'target'> {
  if (energy.kind !== 'sum') return { energy, target }
  const [first] = energy.terms
  if (first === undefined) return { energy: { kind: 'trained' }, target }
  return { energy: first.energy, target: first.target ?? target }
}

/** Whether a sum is nothing but one energy. */
function standsAlone(energy: EnergySpec, single: EnergySpec): boolean {
  if (energy.kind !== 'sum') return false
  const [term, ...others] = energy.terms
  return (
    energy.barriers.length === 0 &&
    others.length === 0 &&
    term?.weight === 1 &&
    term.target === null &&
    samePart(term.energy, single)
  )
}

/** Whether an energy, or a term of it, is known by its weights alone. */
function holdsWeightsOnly(energy: SceneSpec['energy']): boolean {
  if (energy.kind === 'sum') return energy.terms.some((term) => holdsWeightsOnly(term.energy))
  return energy.kind === 'file' || (energy.kind === 'shelf' && energy.recipe === null)
}
