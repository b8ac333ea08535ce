import { samePart } from '../../../lab/scene/normalise.ts'
import {
  formatCount,
  formatDuration,
  formatNats,
  formatNatsWithError,
  formatNumber,
  formatRate,
} from '../../render/format.ts'
import { cardsOf } from '../../stores/shelf/cards.ts'
import { nameOf, targetName } from '../../stores/shelf/shelfStore.ts'
import { useLab, useRun, useScene, useShelf } from '../parts/context.ts'
import { LiveSwitch } from './LiveSwitch.tsx'
import { StrayStart } from './StrayStart.tsx'
import { createPart } from '../parts/lazyPart.tsx'

const LivePanel = createPart(async () => (await import('./LivePanel.tsx')).LivePanel, {
  placeholder: <div className="training" data-phase="live" />,
})

const LossPlot = createPart(async () => (await import('./LossPlot.tsx')).LossPlot, {
  placeholder: <div className="loss" />,
})

/** Train, pause, resume, step, start over; how far, how fast, how good. */
export function TrainingPanel() {
  const phase = useRun((state) => state.training.phase)
  const live = useRun((state) => state.live !== null)
  if (live) return <LivePanel />
  return (
    <div className="training" data-phase={phase}>
      <TrainingButtons />
      <Progress />
      {phase !== 'none' && <LossPlot />}
      {phase === 'none' && <OnStage />}
      <Interrupted shown={phase === 'interrupted'} />
      <Outcome />
    </div>
  )
}

function TrainingButtons() {
  const lab = useLab()
  const phase = useRun((state) => state.training.phase)
  const { training } = lab
  const target = useRun((state) => state.training.scene?.target ?? null)
  const shelf = useShelf((state) => state)
  const button = (name: string, act: () => void, primary = false, disabled = false) => (
    <button
      type="button"
      className={primary ? 'button primary' : 'button'}
      disabled={disabled}
      onClick={act}
    >
      {name}
    </button>
  )
  return (
    <div className="training-buttons" role="group" aria-label="Training">
      {(phase === 'none' || phase === 'finished') &&
        button(
          'Train',
          () => {
            training.train()
          },
          true,
        )}
      {(phase === 'starting' || phase === 'running') &&
        button(
          'Pause',
          () => {
            training.pause()
          },
          true,
          phase === 'starting',
        )}
      {(phase === 'paused' || phase === 'interrupted') &&
        button(
          phase === 'interrupted' && target !== null
            ? `Resume ${targetName(shelf, target)}`
            : 'Resume',
          () => {
            training.resume()
          },
          true,
        )}
      {phase === 'paused' &&
        button('Step', () => {
          training.step()
        })}
      {(phase === 'running' || phase === 'paused') &&
        button('Start over', () => {
          training.startOver()
        })}
      {(phase === 'running' || phase === 'paused') &&
        button('Stop', () => {
          training.interrupt()
        })}
      {phase === 'interrupted' &&
        button('Discard', () => {
          training.discard()
        })}
      {phase === 'interrupted' &&
        button('Train', () => {
          training.train()
        })}
      {!['starting', 'running', 'paused'].includes(phase) && <LiveSwitch />}
    </div>
  )
}

/** Trainings that were left, the last one first; the one that the panel shows is not repeated. */
function Interrupted({ shown }: { readonly shown: boolean }) {
  const { training } = useLab()
  const interrupted = useRun((state) => state.interrupted)
  const shelf = useShelf((state) => state)
  const others = (shown ? interrupted.slice(0, -1) : interrupted).toReversed()
  if (others.length === 0) return null
  return (
    <ul className="interrupted" aria-label="Interrupted trainings">
      {others.map(({ id, scene, step, steps }) => {
        const name = targetName(shelf, scene.target)
        return (
          <li key={id}>
            <span>
              {name}{' '}
              <span className="quiet">
                {formatCount(step)} / {formatCount(steps)} steps
              </span>
            </span>
            <button
              type="button"
              className="button"
              aria-label={`Resume ${name} at step ${String(step)}`}
              onClick={() => {
                training.resume(id)
              }}
            >
              Resume
            </button>
            <button
              type="button"
              className="button"
              aria-label={`Discard ${name} at step ${String(step)}`}
              onClick={() => {
                training.discard(id)
              }}
            >
              Discard
            </button>
          </li>
        )
      })}
    </ul>
  )
}

function Progress() {
  const { phase, step, steps, stepsPerSecond, remainingSeconds, elapsedSeconds } = useRun(
    (state) => state.training,
  )
  const backend = useRun((state) => state.backend)
  if (phase === 'none') return null
  const done = steps > 0 ? Math.min(1, step / steps) : 0
  return (
    <div className="progress">
      <progress max={1} value={done} aria-label="Training progress" />
      <p className="figures">
        <span>
          <b>{formatCount(step)}</b> / {formatCount(steps)} steps
        </span>
        {phase === 'starting' && <span>starting…</span>}
        {(phase === 'running' || phase === 'paused') && (
          <>
            <span>{formatRate(stepsPerSecond)} steps/s</span>
            <span>
              {phase === 'paused'
                ? 'paused'
                : remainingSeconds === null
                  ? 'measuring…'
                  : `${formatDuration(remainingSeconds)} left`}
            </span>
          </>
        )}
        {phase === 'finished' && <span>{formatDuration(elapsedSeconds)}</span>}
        {phase === 'interrupted' && <span>interrupted</span>}
        {backend !== null && <span>{backend.name}</span>}
      </p>
    </div>
  )
}

/** Before anything is trained: what stands on the stage already. */
function OnStage() {
  const energy = useScene((scene) => scene.energy)
  const shelf = useShelf((state) => state)
  const target = useScene((scene) => scene.target)
  if (energy.kind !== 'pretrained' && energy.kind !== 'shelf') return null
  const card = cardsOf(shelf).find((known) => samePart(known.energy, energy))
  const kl = card?.klDataModel ?? null
  const crossEntropy = card?.crossEntropy ?? null
  return (
    <p className="figures">
      <span>{energy.kind === 'pretrained' ? 'Shipped energy' : nameOf(shelf, energy, target)}</span>
      {kl !== null && <span>KL(ρ*‖π) {formatNats(kl)} nats</span>}
      {kl === null && crossEntropy !== null && (
        <span>cross-entropy {formatNats(crossEntropy)} nats</span>
      )}
    </p>
  )
}

function Outcome() {
  const { phase, summary, tableError } = useRun((state) => state.training)
  const error = summary?.tableError ?? tableError
  if (phase === 'none' || (summary === null && error === null)) return null
  return (
    <dl className="outcome" data-testid="training-summary">
      {summary !== null && summary.klDataModel !== null && (
        <>
          <div>
            <dt>
              KL(ρ*‖π<sub>θ</sub>)
            </dt>
            <dd>{formatNats(summary.klDataModel)} nats</dd>
          </div>
          <div>
            <dt>
              KL(π<sub>θ</sub>‖ρ*)
            </dt>
            <dd>{formatNats(summary.klModelData)} nats</dd>
          </div>
        </>
      )}
      {summary !== null && summary.klDataModel === null && summary.crossEntropy !== null && (
        <>
          <div>
            <dt>Held-out cross-entropy</dt>
            <dd>
              {formatNatsWithError(summary.crossEntropy, summary.crossEntropyStandardError)} nats
            </dd>
          </div>
          {summary.gaussianCrossEntropy !== null && (
            <div>
              <dt>Best single Gaussian</dt>
              <dd>{formatNats(summary.gaussianCrossEntropy)} nats</dd>
            </div>
          )}
        </>
      )}
      {summary !== null && <StrayStart share={summary.strayStart} />}
      {error !== null && (
        <div title="Largest difference of the table that everything downstream reads and the network, where π has 99.9 % of its mass">
          <dt>Table − network</dt>
          <dd>
            V {formatNumber(error.value, 2)}, ∇V {formatNumber(error.gradient, 2)}
          </dd>
        </div>
      )}
    </dl>
  )
}
