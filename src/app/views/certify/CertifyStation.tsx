import { useEffect, useState } from 'react'
import {
  adviceOf,
  wordOf,
  WORDS,
  type AdviceContext,
  type Word,
} from '../../../core/analysis/stopping/advice.ts'
import type { CriterionId } from '../../../lab/scene/sceneSpec.ts'
import { CRITERION_TEXTS, type CriterionText } from '../../../lab/scene/longTexts.ts'
import type { FrameReply } from '../../../lab/protocol/calls.ts'
import { formatCount, formatNats, formatNumber } from '../../render/format.ts'
import { useLab, useRun, useScene } from '../parts/context.ts'
import { Formula } from '../parts/Formula.tsx'
import { createPart } from '../parts/lazyPart.tsx'
import { Slider } from '../parts/Slider.tsx'
import { Term } from '../parts/Term.tsx'
import { useAdviceContext } from '../parts/useAdvice.ts'

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

/** What the statuses mean, beside their names. */
const STATUS_MEANINGS = {
  certificate: 'proved',
  'certificate-if': 'proved but for one premise',
  estimate: 'measured, not proved',
  prediction: 'calculated ahead, for short steps',
} as const satisfies Readonly<Record<Exclude<Report['status'], 'none'>, string>>

/** Words where a line has room for a short one. */
const SHORT_WORDS: Partial<Record<Word, string>> = { ended: 'ended', unfired: 'not in this run' }

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

/** Station 4: when one may stop, and why. */
export function CertifyStation() {
  const lab = useLab()
  const stopping = useScene((scene) => scene.stopping)
  const stops = useRun((state) => state.stops)
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
  const context = useAdviceContext()
  const { unlearned } = context
  const [why, setWhy] = useState(false)
  const reports = stops.length === 0 ? WAITING : stops
  const marks = Object.entries(MARKS)
    .filter(([mark]) => reports.some((report) => markOf(report) === mark))
    .map(([mark, of]) => `${mark} ${of}`)
    .join(' · ')
  const line = (report: Report) => (
    <Criterion key={report.criterion} report={report} context={context} why={why} onWhy={setWhy} />
  )
  return (
    <section className="station certify" aria-labelledby="certify-heading">
      <h2 id="certify-heading">
        <span>4</span> Certify
      </h2>
      <Slider
        path="stopping.delta"
        term="delta"
        value={stopping.delta}
        unit="nats"
        format={(value) => formatNumber(value, 2)}
        onChange={(delta) => {
          lab.edit((scene) => ({ ...scene, stopping: { ...scene.stopping, delta } }))
        }}
      />
      <div className="criteria">
        <p className="criteria-head">
          <i title="KL to the law of the data, of the noiseless flow, or a smoothed reading">
            {marks}
          </i>{' '}
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

/** What the letters beside numbers stand for. */
const MARKS = { D: 'data', F: 'flow', S: 'smoothed' } as const

interface CriterionProps {
  readonly report: Report
  readonly context: AdviceContext
  /** Whether formula and numbers are shown. */
  readonly why: boolean
  readonly onWhy: (open: boolean) => void
}

/** A line: name, step, KL there, verdict. The chosen one opens: the advice, what its word is worth, and why. */
function Criterion({ report, context, why, onWhy }: CriterionProps) {
  const lab = useLab()
  const id = report.criterion as CriterionId
  const chosen = useScene((scene) => scene.stopping.criterion === id)
  const strict = useScene((scene) => scene.stopping.strict)
  const text: CriterionText = CRITERION_TEXTS[id]
  const { label, description } = text
  const { formula, plain } = strict ? (text.strict ?? text) : text
  const { unlearned } = context
  const word = wordOf(report, context)
  const stopped = report.step !== null && !unlearned
  const advice = adviceOf(report, context)
  const reason = unlearned ? advice : report.reason
  return (
    <li
      data-criterion={id}
      data-step={unlearned ? undefined : (report.step ?? undefined)}
      data-outcome={unlearned ? 'untrained' : word === 'pending' ? 'pending' : report.outcome}
      data-status={report.status}
      data-word={word}
    >
      <label title={`${description}\n${reason}`}>
        <input
          type="radio"
          name="criterion"
          value={id}
          checked={chosen}
          aria-describedby={chosen ? 'criterion-advice criterion-reason' : undefined}
          onChange={() => {
            lab.edit((scene) => ({ ...scene, stopping: { ...scene.stopping, criterion: id } }))
          }}
        />
        <strong>{label}</strong>
        {stopped && (
          <>
            <span className="at">{formatCount(report.step)}</span>
            <span className="at" title={report.klMeaning ?? undefined}>
              {report.kl === null ? '' : formatNats(report.kl)}
              <span className="mark-of">{markOf(report)}</span>
            </span>
          </>
        )}
        {!(chosen && stopped) && (
          <span className="word" data-wide={!stopped}>
            {SHORT_WORDS[word] ?? WORDS[word]}
          </span>
        )}
      </label>
      {chosen && (
        <div className="criterion-body">
          <p className="advice" id="criterion-advice">
            <Term id={word === 'untrained' ? 'pending' : word}>
              {word === 'untrained' ? WORDS.pending : WORDS[word]}
            </Term>{' '}
            <span>{advice}</span>
          </p>
          {!unlearned && (
            <p className="worth">
              {stopped && word !== 'unstable' && (
                <>
                  <Term id={report.status}>{STATUS_WORDS[report.status]}</Term>{' '}
                  <span className="quiet">
                    {report.status === 'none'
                      ? 'certifies nothing'
                      : STATUS_MEANINGS[report.status]}
                  </span>
                </>
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
          )}
          <details
            className="fold"
            open={why}
            onToggle={(event) => {
              onWhy(event.currentTarget.open)
            }}
          >
            <summary>
              Why <span className="quiet">formula and numbers</span>
            </summary>
            <p className="criterion-figures">
              <Formula tex={formula} plain={plain} />
            </p>
            <p className="reason" id="criterion-reason">
              {reason}
            </p>
          </details>
        </div>
      )}
    </li>
  )
}
