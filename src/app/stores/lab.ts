import type { AnalysisClient } from '../../lab/client/analysisClient.ts'
import type { Extras, WayPrices } from '../../lab/protocol/calls.ts'
import type { ComputeClient } from '../../lab/client/computeClient.ts'
import { samePart, sameTraining } from '../../lab/scene/normalise.ts'
import type { SceneSpec } from '../../lab/scene/sceneSpec.ts'
import type { Library } from '../storage/library.ts'
import { createAssets, type Assets } from './assets.ts'
import { createBackground } from './background.ts'
import type { Exporting } from './export/exporting.ts'
import type { Platform } from './platform.ts'
import { recover } from './recovery.ts'
import { createCloudStore } from './run/cloudStore.ts'
import { loadLaws } from './run/loadLaws.ts'
import { createPlayback, type Playback } from './run/playback.ts'
import { createRunStore, dismiss, post, withdraw, type Posted, type Said } from './run/runStore.ts'
import { createTargetLayer } from './run/targetLayer.ts'
import { mend } from './scene/fit.ts'
import type { Link, OpenedAddress } from './scene/address.ts'
import { createSceneActions, type SceneActions } from './scene/sceneActions.ts'
import { createSceneHistory, type SceneHistory } from './scene/sceneHistory.ts'
import { createSceneStore, edit } from './scene/sceneStore.ts'
import { createLateKeeping } from './shelf/lateKeeping.ts'
import { readManifest } from './shelf/manifest.ts'
import { createShelfStore, targetName } from './shelf/shelfStore.ts'
import { createShelving, type ShelfActions } from './shelf/shelving.ts'
import type { Surroundings } from './surroundings.ts'
import { createToolStore } from './toolStore.ts'
import { createBackendChoice, type BackendChoice } from './training/backendChoice.ts'
import type { LiveTrainingControl } from './training/liveTraining.ts'
import { loadLiveTraining } from './training/loadLiveTraining.ts'
import { createTraining, type TrainingControl } from './training/training.ts'

/**
 * The page's controller: turns actions of the visitor into changes of the scene, and changes of the scene into calls.
 * It does not use React; views read the stores and call these functions.
 */
export interface Lab
  extends
    Pick<Surroundings, 'scene' | 'run' | 'live' | 'shelf' | 'tool'>,
    SceneActions,
    ShelfActions {
  readonly playback: Playback
  readonly training: TrainingControl
  readonly following: LiveTrainingControl
  /** The scenes of this visit. */
  readonly history: SceneHistory
  readonly checkBackend: BackendChoice['check']
  /** The link to the scene of the page. */
  readonly link: () => Promise<Link>
  /** Makes files of what the page shows. */
  readonly exporting: () => Promise<Exporting>
  /** Hands another worker than the stage's the assets of a scene that only the page has; see `Assets.provide`. */
  provideTo(client: Pick<ComputeClient, 'call'>, scene: SceneSpec): ReturnType<Assets['provide']>
  /** Works these out for each run on the stage from now on; see `Laws.workOut`. */
  workOut(asker: string, extras: readonly (keyof Extras)[]): void
  /** What each way to keep out of the regions costs in the run on the stage; null where there is no run. */
  priceOfWays(): Promise<WayPrices> | null
  setTheme(theme: SceneSpec['view']['theme']): void
  /** @param seen whether any of the stage is on screen; particles off screen do not move */
  watch(seen: boolean): void
  /** @param about key of the notice's subject; a later notice with the same key replaces it */
  notify(
    level: 'info' | 'warning' | 'error',
    said: Said,
    about?: string,
    more?: Pick<Posted, 'action'>,
  ): void
  dismissNotice(id: number): void
  /** Removes the notices with this key, since the problem is solved. */
  withdrawNotices(about: string): void
  /** Whether an energy or a data set is still to be written to storage, as far as storage answers. */
  readonly unsaved: boolean
  dispose(): void
}

export interface LabOptions {
  readonly client: ComputeClient
  readonly analysis: AnalysisClient
  /** Storage of the shelf and the data; default: this browser's. */
  readonly library?: Library
  /** Resolves when the page stops waiting for the code of `shelf/keeping.ts`. */
  readonly patience: Promise<unknown>
  readonly platform: Platform
  readonly page: Pick<Window, 'location' | 'history' | 'addEventListener'>
  /** What the address opens. */
  readonly opened: OpenedAddress
  /** Reads `energies/manifest.json`. */
  readonly fetchManifest: () => Promise<unknown>
}

export function createLab(options: LabOptions): Lab {
  const { client, analysis, platform, page, opened } = options
  const surroundings: Surroundings = {
    client,
    platform,
    scene: createSceneStore(opened.scene),
    run: createRunStore(),
    live: createCloudStore(),
    shelf: createShelfStore(),
    tool: createToolStore(),
  }
  const { scene, run, live, shelf, tool } = surroundings
  postFlaws(opened.message)

  /** Posts a notice on the parts of a link that could not be used. */
  function postFlaws(message: string | null): void {
    if (message !== null) post(run, 'warning', message, 'link')
  }

  const keeping = createLateKeeping({
    ...surroundings,
    library: options.library,
    patience: options.patience,
    offer: (found) => training.offer(found),
    goOn: () => following.begin(),
    onLoaded: () => {
      tellInterrupted(surroundings)
    },
  })

  const manifest = options.fetchManifest().then(
    (json) => {
      shelf.setState({ manifest: readManifest(json) })
    },
    () => undefined,
  )

  const assets = createAssets(surroundings, keeping)
  /** Hands the worker the assets of a scene; starts the worker again where the client has given up. */
  function provide(asked: SceneSpec): ReturnType<typeof assets.provide> {
    client.revive()
    return assets.provide(asked)
  }

  const backend = createBackendChoice(surroundings, keeping)
  const drawTarget = createTargetLayer(surroundings)
  const { pictures, ...shelving } = createShelving({
    ...surroundings,
    assets,
    keeping,
    manifest,
    selectTarget: (target) => {
      actions.selectTarget(target)
    },
  })

  const background = createBackground(surroundings, backend, pictures)

  const playback = createPlayback({
    ...surroundings,
    autoplay: !platform.reducedMotion() || opened.scene.view.haltAt !== null,
    provide: async (asked) => {
      const [first] = await provide(asked)
      if (first === undefined) return true
      training.retrain(first.id, first.hash, first.recipe)
      return false
    },
    mend: (refusal) => mend(refusal, surroundings, history),
    onReady: (ready) => {
      laws.follow(ready)
      drawTarget()
      background.onReady()
    },
  })

  const laws = loadLaws({
    ...surroundings,
    analysis,
    refreshStops: () => {
      playback.recheck()
    },
  })

  const training = createTraining({
    ...surroundings,
    playback,
    provide,
    keeping,
    keep: shelving.keep,
    onBegin: () => {
      following.end()
    },
  })

  const following = loadLiveTraining({
    ...surroundings,
    playback,
    provide,
    training,
    remember: () => remember(),
    // The page does not show the laws of a run that has left the stage, and following them would slow the training.
    onBegin: () => {
      laws.drop()
    },
    keep: shelving.keepLive,
  })

  const { actions, remember, forget } = createSceneActions({
    ...surroundings,
    playback,
    training,
    following,
  })

  const unlisten = [
    client.on('notice', (notice) => {
      post(run, notice.level, notice, notice.about)
    }),
    client.on('crashed', (crash) => {
      backend.forget()
      recover(crash, surroundings, { following, training, playback }, () => {
        page.location.reload()
      })
    }),
    scene.subscribe(({ scene: now }, { scene: before }) => {
      if (now.training.backend !== before.training.backend) background.onChange()
      // The visitor has changed to a scene that this training does not belong to.
      if (training.active && !(sameTraining(now, before) && samePart(now.energy, before.energy))) {
        training.interrupt(true)
        return
      }
      if (following.active) following.follow()
      else playback.refresh()
      drawTarget()
    }),
  ]

  const history = createSceneHistory({
    ...surroundings,
    page,
    remember,
    onOpened: ({ message }) => {
      forget()
      postFlaws(message)
    },
    onTooLong: (text) => {
      post(run, 'warning', text, 'link')
    },
  })

  const disposal = new AbortController()
  page.addEventListener(
    'beforeunload',
    (event) => {
      // The browser asks the visitor, and storage writes meanwhile.
      if (keeping.unsaved) event.preventDefault()
    },
    { signal: disposal.signal },
  )

  playback.refresh()

  const parts = [history, keeping, background, backend, training, following, playback, laws, client]
  return {
    ...{ scene, run, live, shelf, tool },
    ...actions,
    ...shelving.actions,
    playback,
    training,
    following,
    history,
    checkBackend: backend.check,
    link: async () => (await import('./scene/address.ts')).linkOf(surroundings, page),
    exporting: async () =>
      (await import('./export/exportPage.ts')).exportPage({ ...surroundings, keeping, page }),
    provideTo: (other, asked) => createAssets({ client: other }, keeping).provide(asked),
    workOut(asker, extras) {
      laws.workOut(asker, extras)
    },
    priceOfWays() {
      const ready = run.getState().run
      return ready === null ? null : client.call('priceOfWays', { run: ready.run })
    },
    setTheme(theme) {
      edit(scene, (s) => ({ ...s, view: { ...s.view, theme } }))
      void keeping.safe('The theme', (kept) => kept.putSetting('theme', theme))
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
      for (const part of [playback, training, following]) part.watch(seen)
    },
    get unsaved() {
      return keeping.unsaved
    },
    dispose() {
      disposal.abort()
      for (const stop of unlisten) stop()
      for (const part of parts) part.dispose()
    },
  }
}

/** Posts a notice that an earlier visit left a training and how to go on with it. */
function tellInterrupted({ run, shelf }: Surroundings): void {
  const { phase, scene, step, steps } = run.getState().training
  if (phase !== 'interrupted' || scene === null) return
  post(
    run,
    'info',
    `A training of ${targetName(shelf.getState(), scene.target)} was left at step ${String(step)}` +
      (steps > 0 ? ` of ${String(steps)}` : '') +
      '. Resume goes on from there; Discard forgets it.',
  )
}
