import { useMemo, useState } from 'react'
import { adviceOf, wordOf } from '../../../core/analysis/stopping/advice.ts'
import { captionOf } from '../../../lab/scene/captions.ts'
import { experimentAt, WALK, type Experiment } from '../../../lab/scene/experiments.ts'
import type { EnergySpec } from '../../../lab/scene/sceneSpec.ts'
import { formatCount } from '../../render/format.ts'
import { energyLabel, targetLabel } from '../../stores/labels.ts'
import { useLab, useLearning, useRun, useScene } from '../parts/context.ts'
import { Icon } from '../parts/Icon.tsx'
import { useAdviceContext } from '../parts/useAdvice.ts'

/**
 * The line over the stage: what is on it, and one sentence that says what happens and what to look at. Of an experiment that is open
 * its name, its sentence and the way to its neighbours.
 */
export function Caption() {
  const scene = useScene((whole) => whole)
  const experiment = useMemo(() => WALK[experimentAt(scene)] ?? null, [scene])
  const title = useTitle()
  const now = useSentence()
  const [told, setTold] = useState<Told | null>(null)
  const shipped = experiment?.group === 'target'
  const said = experiment !== null && told?.of === experiment.id ? told.what : 'sentence'
  const sentence =
    experiment === null || (said === 'sentence' && (now.isUrgent || (shipped && now.isAdvice)))
      ? now.text
      : { sentence: experiment.sentence, ...captionOf(experiment.id) }[said]
  const name = experiment === null || shipped ? title : experiment.title
  // The energy of an experiment is named where two lines have room for it.
  const preparing = useRun((state) => state.preparing)
  const named = !preparing && name !== title && name.length + title.length + sentence.length < ROOM
  const next = NEXT[said]
  return (
    <div className="caption" data-experiment={experiment?.id}>
      <p aria-live="polite" title={name === title ? undefined : title}>
        <strong data-testid="on-stage">{name}</strong>{' '}
        {named && <span className="quiet">{title}</span>} <span>{sentence}</span>
      </p>
      {experiment !== null && (
        <div className="caption-ways" role="group" aria-label="Experiment">
          <button
            type="button"
            className="chip"
            title="What to look at, and what to try"
            onClick={() => {
              setTold({ of: experiment.id, what: next.what })
            }}
          >
            {next.label}
          </button>
          <Neighbour of={experiment} way={-1} />
          <Neighbour of={experiment} way={1} />
        </div>
      )}
    </div>
  )
}

/** Letters that two lines over the stage hold on a small screen. */
const ROOM = 165

/** What is said of an experiment: its sentence, where to look, or what to try. */
interface Told {
  readonly of: string
  readonly what: 'sentence' | 'look' | 'attempt'
}

/** What the button beside it says next. */
const NEXT = {
  sentence: { what: 'look', label: 'Look at' },
  look: { what: 'attempt', label: 'Try' },
  attempt: { what: 'sentence', label: 'In short' },
} as const satisfies Readonly<Record<Told['what'], Omit<Told, 'of'> & { readonly label: string }>>

/** Opens the experiment before or after another in the menu's order. */
function Neighbour({ of, way }: { readonly of: Experiment; readonly way: -1 | 1 }) {
  const lab = useLab()
  const other = WALK[WALK.indexOf(of) + way]
  const name = way === 1 ? 'Next experiment' : 'Previous experiment'
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={name}
      title={other === undefined ? name : `${name}: ${other.title}`}
      disabled={other === undefined}
      onClick={() => {
        if (other !== undefined) lab.open(other.scene)
      }}
    >
      <Icon name={way === 1 ? 'next' : 'previous'} />
    </button>
  )
}

const PROVENANCE: Readonly<Record<EnergySpec['kind'], string>> = {
  trained: 'trained here',
  pretrained: 'shipped energy',
  exact: 'exact',
  quadratic: 'by formula',
  file: 'from a file',
  shelf: 'your energy',
  sum: 'composed',
}

/** What is on the stage, with where it comes from. */
function useTitle(): string {
  const learning = useLearning()
  const scene = useRun(({ run }) => run?.scene ?? null)
  const asked = useScene((whole) => whole.target)
  const trained = useRun((state) => state.run?.trained !== false)
  if (learning) return `${targetLabel(asked)} · being learned`
  if (scene === null) return targetLabel(asked)
  const { energy, target } = scene
  if (energy.kind === 'trained')
    return trained ? `${targetLabel(target)} · trained here` : targetLabel(target)
  if (energy.kind === 'exact') return `${targetLabel(target)} · exact energy`
  return `${energyLabel(energy, target)} · ${PROVENANCE[energy.kind]}`
}

interface Sentence {
  readonly text: string
  /** Whether it stands before what an experiment has to say. */
  readonly isUrgent: boolean
  /** Whether it says what the chosen criterion advises. */
  readonly isAdvice: boolean
}

/** What happens now, and what to look at. */
function useSentence(): Sentence {
  const status = useRun((state) => state.status)
  const preparing = useRun((state) => state.preparing)
  const live = useRun((state) => state.live !== null)
  const run = useRun((state) => state.run)
  const criterion = useScene((scene) => scene.stopping.criterion)
  const chart = useScene((scene) => scene.view.chart)
  const stop = useRun((state) => state.stops.find((one) => one.criterion === criterion))
  const still = useRun((state) => state.step === 0 && state.status !== 'running')
  const passed = useRun((state) => state.step >= (stop?.step ?? Infinity))
  const context = useAdviceContext()
  const urgent = (text: string): Sentence => ({ text, isUrgent: true, isAdvice: false })
  const calm = (text: string): Sentence => ({ text, isUrgent: false, isAdvice: false })
  if (status === 'error') return urgent('This scene cannot be run; the message says why.')
  if (live) return urgent('The energy follows its target: switch it, or draw, and see V learn.')
  if (context.unlearned)
    return urgent(
      status === 'training' || status === 'paused'
        ? 'V is pressed down where the data are and lifted where its own samples are, until both agree.'
        : 'A bowl that knows nothing of the data yet: press Train.',
    )
  if (run === null) return calm('The run is being prepared.')
  if (stop !== undefined && !preparing) {
    const word = wordOf(stop, context)
    if (word === 'unstable') return urgent(adviceOf(stop, context))
    if (passed && status !== 'idle' && word !== 'none')
      return { text: adviceOf(stop, context), isUrgent: false, isAdvice: true }
  }
  const { initial, particles, sampler } = run.scene.dynamics
  if (still)
    return calm(
      'Press play: the same particles start left with noise and right without it, on one landscape.',
    )
  if (initial.kind === 'gibbs')
    return calm('Both start at π: with noise they stay, without it they run into the wells.')
  const below =
    chart === 'lyapunov' && sampler !== 'filter'
      ? ' Below, the left one’s KL falls and the right one’s turns up.'
      : ''
  return calm(
    `Left, noise spreads ${formatCount(particles)} particles over π; right, without it, they fall into its wells.${below}`,
  )
}
