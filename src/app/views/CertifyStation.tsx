import type { CriterionId } from '../../lab/scene/sceneSpec.ts'
import { CRITERION_TEXTS, type CriterionText } from '../../lab/scene/texts.ts'
import { formatCount, formatNats, formatNumber } from '../render/format.ts'
import { useLab, useRun, useScene } from './context.ts'
import { Formula } from './Formula.tsx'
import { Slider } from './Slider.tsx'

/** What the registry says of the criteria that exist; one without a text stands under its id. */
const TEXTS: Partial<Readonly<Record<CriterionId, CriterionText>>> = CRITERION_TEXTS

const STATUS_WORDS = {
  certificate: 'certificate',
  'certificate-if': 'certificate, if',
  estimate: 'estimate',
  prediction: 'prediction',
  none: 'no claim',
} as const

const OUTCOME_WORDS = {
  stopped: 'stopped',
  stalled: 'stalled',
  unfired: 'no stop',
  pending: 'not yet',
  untrained: '–',
} as const

/** Station 3: when one may stop, and why. */
export function CertifyStation() {
  const lab = useLab()
  const stopping = useScene((scene) => scene.stopping)
  const stops = useRun((state) => state.stops)
  const computed = useRun((state) => state.computed)
  const steps = useRun((state) => state.run?.scene.dynamics.steps ?? 0)
  /** Nothing can be said of an energy that is still being learned, or has not been. */
  const unlearned = useRun(
    (state) =>
      ['starting', 'running', 'paused'].includes(state.training.phase) ||
      state.run?.trained === false,
  )
  return (
    <section className="station certify" aria-labelledby="certify-heading">
      <h2 id="certify-heading">
        <span>3</span> Certify
      </h2>
      <ul className="criteria" role="list" aria-label="Stopping criterion">
        {stops.map((report) => {
          const id = report.criterion as CriterionId
          const criterion = TEXTS[id]
          const outcome = unlearned
            ? 'untrained'
            : report.step === null && computed < steps
              ? 'pending'
              : report.outcome
          return (
            <li
              key={id}
              data-criterion={id}
              data-step={unlearned ? undefined : (report.step ?? undefined)}
              data-outcome={outcome}
              data-status={report.status}
            >
              <label title={[criterion?.description, report.reason].join('\n')}>
                <input
                  type="radio"
                  name="criterion"
                  value={id}
                  checked={stopping.criterion === id}
                  onChange={() => {
                    lab.edit((scene) => ({
                      ...scene,
                      stopping: { ...scene.stopping, criterion: id },
                    }))
                  }}
                />
                <span className="criterion-head">
                  <strong>{criterion?.label ?? id}</strong>
                  {criterion !== undefined && (
                    <Formula tex={criterion.formula} plain={criterion.plain} />
                  )}
                  {report.step === null || unlearned ? (
                    <span className="outcome-word end" data-outcome={outcome}>
                      {OUTCOME_WORDS[outcome]}
                    </span>
                  ) : (
                    <span className="quiet end">{STATUS_WORDS[report.status]}</span>
                  )}
                </span>
                {report.step !== null && !unlearned && (
                  <span className="criterion-figures">
                    <span className="outcome-word" data-outcome={outcome}>
                      {OUTCOME_WORDS[outcome]}
                    </span>
                    <span>
                      <i>k</i> = <b>{formatCount(report.step)}</b>
                    </span>
                    <span>
                      KL <b>{formatNats(report.kl)}</b> nats
                    </span>
                  </span>
                )}
                <span className="reason">
                  {unlearned ? 'Waits for a trained energy.' : report.reason}
                </span>
              </label>
            </li>
          )
        })}
      </ul>
      <Slider
        path="stopping.delta"
        value={stopping.delta}
        unit="nats"
        format={(value) => formatNumber(value, 2)}
        onChange={(delta) => {
          lab.edit((scene) => ({ ...scene, stopping: { ...scene.stopping, delta } }))
        }}
      />
    </section>
  )
}
