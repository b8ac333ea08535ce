import { useEffect, useState } from 'react'
import type { CriterionId } from '../../../lab/scene/sceneSpec.ts'
import { CRITERION_TEXTS, type CriterionText } from '../../../lab/scene/longTexts.ts'
import type { FrameReply } from '../../../lab/protocol/calls.ts'
import { formatCount, formatNats, formatNumber } from '../../render/format.ts'
import { useLab, useLearning, useRun, useScene } from '../parts/context.ts'
import { Formula } from '../parts/Formula.tsx'
import { createPart } from '../parts/lazyPart.tsx'
import { Slider } from '../parts/Slider.tsx'

const Constants = createPart(async () => (await import('./Constants.tsx')).Constants)

const SweepDialog = createPart<{ readonly onClose: () => void }>(
  async () => (await import('./SweepDialog.tsx')).SweepDialog,
  {
    onFailure: ({ onClose }) => {
      onClose()
    },
  },
)

type Report = FrameReply['stops'][number]

const STATUS_WORDS = {
  certificate: 'certificate',
  'certificate-if': 'certificate, if',
  estimate: 'estimate',
  prediction: 'prediction',
  none: 'no claim',
} as const satisfies Readonly<Record<Report['status'], string>>

const OUTCOME_WORDS = {
  stopped: 'stopped',
  stalled: 'stalled',
  unfired: 'no stop',
  pending: 'not yet',
  untrained: '–',
} as const

type Outcome = keyof typeof OUTCOME_WORDS

/** What stands in the list before the first run is prepared, so that nothing moves when it is. */
const WAITING = (Object.keys(CRITERION_TEXTS) as CriterionId[]).map((criterion): Report => ({
  criterion,
  divergence: CRITERION_TEXTS[criterion].divergence,
  step: null,
  kl: null,
  klMeaning: null,
  reason: 'The run is being prepared.',
  status: 'none',
  outcome: 'unfired',
}))

/** Station 3: when one may stop, and why. */
export function CertifyStation() {
  const lab = useLab()
  const stopping = useScene((scene) => scene.stopping)
  const stops = useRun((state) => state.stops)
  const computed = useRun((state) => state.computed)
  const steps = useRun((state) => state.run?.scene.dynamics.steps ?? 0)
  const [open, setOpen] = useState(false)
  const [rules, setRules] = useState(false)
  const text: CriterionText = CRITERION_TEXTS[stopping.criterion]
  const { needs } = text
  const chart = useScene((scene) => scene.view.chart)
  /** The list of constants and the chart of the steps to go hold the proved gap. */
  const showsGap = open || chart === 'needed'
  useEffect(() => {
    lab.workOut('certify', [
      ...(showsGap ? ['spectralGapBound' as const] : []),
      ...(needs ? [needs] : []),
    ])
  }, [lab, showsGap, needs])
  /** Nothing can be said of an energy that is still being learned, or has not been. */
  const learning = useLearning()
  const untrained = useRun((state) => state.run?.trained === false)
  const unlearned = learning || untrained
  /** Before the laws are known to the end, what has not fired may yet do so. */
  const following = useRun((state) => state.analysis?.stage !== 'done')
  const reports = stops.length === 0 ? WAITING : stops
  const line = (report: Report) => (
    <Criterion
      key={report.criterion}
      report={report}
      outcome={
        unlearned
          ? 'untrained'
          : report.step === null && report.status !== 'none' && (computed < steps || following)
            ? 'pending'
            : report.outcome
      }
    />
  )
  return (
    <section className="station certify" aria-labelledby="certify-heading">
      <h2 id="certify-heading">
        <span>3</span> Certify
      </h2>
      <div className="criteria">
        <p className="criteria-head" aria-hidden="true">
          <i>step k</i> <i>KL, nats</i>
        </p>
        <ul role="list" aria-label="Stopping criterion">
          {reports.filter((report) => !isBlind(report)).map(line)}
        </ul>
        <details
          className="fold blind-rules"
          open={rules || text.blind === true}
          onToggle={(event) => {
            setRules(event.currentTarget.open)
          }}
        >
          <summary>
            Rules that certify nothing <span className="quiet">and what they miss</span>
          </summary>
          <ul role="list" aria-label="Rules that certify nothing">
            {reports.filter(isBlind).map(line)}
          </ul>
        </details>
      </div>
      <Slider
        path="stopping.delta"
        value={stopping.delta}
        unit="nats"
        format={(value) => formatNumber(value, 2)}
        onChange={(delta) => {
          lab.edit((scene) => ({ ...scene, stopping: { ...scene.stopping, delta } }))
        }}
      />
      <details
        className="fold"
        open={open}
        onToggle={(event) => {
          setOpen(event.currentTarget.open)
        }}
      >
        <summary>
          Constants <span className="quiet">λ, m, L, b(η)</span>
        </summary>
        {open && !unlearned && <Constants />}
        {open && unlearned && <p className="quiet">They wait for a trained energy.</p>}
      </details>
      <Sweep />
    </section>
  )
}

/** Opens the dialog of sweeps. */
function Sweep() {
  const [open, setOpen] = useState(false)
  return (
    <>
      <button
        type="button"
        className="button"
        title="Vary one field of the scene, and hold each stop to the true KL there"
        onClick={() => {
          setOpen(true)
        }}
      >
        Sweep…
      </button>
      {open && (
        <SweepDialog
          onClose={() => {
            setOpen(false)
          }}
        />
      )}
    </>
  )
}

function isBlind({ criterion }: Report): boolean {
  const text: CriterionText = CRITERION_TEXTS[criterion as CriterionId]
  return text.blind === true
}

/** Beside a number that is not the KL of a law to π: of the data, of the noiseless flow, or smoothed. */
function markOf({ klMeaning }: Report): string {
  if (klMeaning?.endsWith('to the data')) return 'D'
  if (klMeaning?.endsWith('of the noiseless flow')) return 'F'
  return klMeaning?.startsWith('smoothed') ? 'S' : ''
}

interface CriterionProps {
  readonly report: Report
  readonly outcome: Outcome
}

/** A line: name, step, KL there, status. The chosen one opens and gives its formula and its reason. */
function Criterion({ report, outcome }: CriterionProps) {
  const lab = useLab()
  const id = report.criterion as CriterionId
  const chosen = useScene((scene) => scene.stopping.criterion === id)
  const strict = useScene((scene) => scene.stopping.strict)
  const text: CriterionText = CRITERION_TEXTS[id]
  const { label, description } = text
  const { formula, plain } = strict ? (text.strict ?? text) : text
  const untrained = outcome === 'untrained'
  const stopped = report.step !== null && !untrained
  const reason = untrained ? 'Waits for a trained energy.' : report.reason
  return (
    <li
      data-criterion={id}
      data-step={untrained ? undefined : (report.step ?? undefined)}
      data-outcome={outcome}
      data-status={report.status}
    >
      <label title={`${description}\n${reason}`}>
        <input
          type="radio"
          name="criterion"
          value={id}
          checked={chosen}
          aria-describedby={chosen ? 'criterion-reason' : undefined}
          onChange={() => {
            lab.edit((scene) => ({ ...scene, stopping: { ...scene.stopping, criterion: id } }))
          }}
        />
        <strong>{label}</strong>
        {stopped ? (
          <>
            <span className="at">{formatCount(report.step)}</span>
            <span className="at" title={report.klMeaning ?? undefined}>
              {report.kl === null ? '' : formatNats(report.kl)}
              <sup>{markOf(report)}</sup>
            </span>
          </>
        ) : (
          <span className="outcome-word" data-outcome={outcome}>
            {report.status === 'none' && !untrained ? '' : OUTCOME_WORDS[outcome]}
          </span>
        )}
        <span className="status" data-status={report.status}>
          {untrained ? '' : STATUS_WORDS[report.status]}
        </span>
      </label>
      {chosen && (
        <div className="criterion-body">
          <p className="criterion-figures">
            <Formula tex={formula} plain={plain} />
            {stopped && (
              <span className="outcome-word" data-outcome={outcome}>
                {OUTCOME_WORDS[outcome]}
              </span>
            )}
            {text.strict !== undefined && (
              <span className="check end">
                <input
                  id="strict"
                  type="checkbox"
                  checked={strict}
                  onChange={(event) => {
                    const { checked } = event.target
                    lab.edit((scene) => ({
                      ...scene,
                      stopping: { ...scene.stopping, strict: checked },
                    }))
                  }}
                />
                <label
                  htmlFor="strict"
                  title="ε²I ≤ M: the slope of KL at the end of every step before is negative by a theorem; without it M/3 stands for the whole step, an estimate"
                >
                  strict
                </label>
              </span>
            )}
          </p>
          <p className="reason" id="criterion-reason">
            {reason}
          </p>
        </div>
      )}
    </li>
  )
}
