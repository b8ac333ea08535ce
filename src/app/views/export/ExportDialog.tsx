import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { useShallow } from 'zustand/react/shallow'
import { formatCount } from '../../render/format.ts'
import { explain } from '../../stores/explain.ts'
import { obstacleOf, type Exporting, type ExportKind } from '../../stores/export/exporting.ts'
import { COLUMN_WIDTHS } from '../../render/figures/figures.ts'
import { useLab, usePalette, useRun } from '../parts/context.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { savePicture, type PictureKind } from './pictures.ts'
import './export.css'

interface Offer {
  readonly kind: ExportKind
  readonly label: string
  readonly file: string
  readonly what: string
}

const NUMBERS: readonly Offer[] = [
  {
    kind: 'bundle',
    label: 'Run bundle',
    file: 'zip',
    what: 'All files below, with a README and the command that makes them again.',
  },
  {
    kind: 'curves',
    label: 'Curves',
    file: 'csv',
    what: 'Every curve of the run with its standard error, a row for each step.',
  },
  {
    kind: 'particles',
    label: 'Particles',
    file: 'csv',
    what: 'Both panels, at the step that is shown.',
  },
  {
    kind: 'grid',
    label: 'Energy on the grid',
    file: 'npz',
    what: 'V, its derivatives, ε and log Z, for NumPy.',
  },
  {
    kind: 'weights',
    label: 'Network weights',
    file: 'safetensors',
    what: 'The lab reads them back as an energy.',
  },
  {
    kind: 'result',
    label: 'Result',
    file: 'json',
    what: 'result.json as the command line writes it: curves, constants, stops.',
  },
  {
    kind: 'scene',
    label: 'Scene',
    file: 'json',
    what: 'For the command line, with the bytes that it names.',
  },
  { kind: 'citation', label: 'Citation', file: 'bib', what: 'The paper and the lab, for BibTeX.' },
]

/** Everything of the run that can be taken away. */
export function ExportDialog({ onClose }: { readonly onClose: () => void }) {
  const lab = useLab()
  const [exporting, setExporting] = useState<Exporting | null>(null)
  useEffect(() => {
    let mounted = true
    let opened: Exporting | null = null
    lab.exporting().then(
      (ready) => {
        opened = ready
        if (mounted) setExporting(ready)
      },
      (error: unknown) => {
        lab.notify('error', explain(error))
      },
    )
    return () => {
      mounted = false
      opened?.cancel()
    }
  }, [lab])
  return (
    <Dialog title="Export" wide onClose={onClose}>
      {exporting !== null && <Offers exporting={exporting} />}
    </Dialog>
  )
}

function Offers({ exporting }: { readonly exporting: Exporting }) {
  const obstacles = useRun(
    useShallow((state) => NUMBERS.map(({ kind }) => obstacleOf(state, kind))),
  )
  const common = obstacles.every((one) => one === obstacles[0]) ? obstacles[0] : null
  const making = useStore(exporting.store, (state) => state.making)
  const blocked = obstacles[PARTICLES] !== null || making !== null
  return (
    <>
      <ul className="exports" role="list">
        {NUMBERS.map(({ kind, label, file, what }, i) => {
          const obstacle = obstacles[i] ?? null
          return (
            <li key={kind}>
              <button
                type="button"
                className={kind === 'bundle' ? 'button primary' : 'button'}
                aria-disabled={obstacle !== null || making !== null}
                aria-describedby={`export-${kind}`}
                onClick={() => {
                  if (obstacle === null && making === null) void exporting.start(kind)
                }}
              >
                {label}
                <span className="export-type">{file}</span>
              </button>
              <p className="quiet" id={`export-${kind}`}>
                {obstacle !== null && obstacle !== common ? obstacle : what}
              </p>
            </li>
          )
        })}
      </ul>
      <Pictures exporting={exporting} blocked={blocked} />
      <div className="export-pictures">
        <button
          type="button"
          className="button"
          aria-disabled={blocked}
          aria-describedby="export-python"
          onClick={() => {
            if (!blocked) void exporting.copyPython()
          }}
        >
          Copy as Python
        </button>
        <p className="quiet" id="export-python">
          Reads the energy on the grid with NumPy alone and runs the same chain.
        </p>
      </div>
      <footer>
        <Progress exporting={exporting} waits={common ?? null} />
      </footer>
    </>
  )
}

const PARTICLES = NUMBERS.findIndex(({ kind }) => kind === 'particles')

const PICTURES: readonly { readonly kind: PictureKind; readonly label: string }[] = [
  { kind: 'stage-png', label: 'Stage, PNG' },
  { kind: 'chart-png', label: 'Chart, PNG' },
  { kind: 'stage-svg', label: 'Stage, SVG' },
  { kind: 'chart-svg', label: 'Chart, SVG' },
]

/** Pictures of both panels, and of the chart that is open. */
function Pictures({
  exporting,
  blocked,
}: {
  readonly exporting: Exporting
  readonly blocked: boolean
}) {
  const lab = useLab()
  const palette = usePalette()
  const [ratio, setRatio] = useState(2)
  const [transparent, setTransparent] = useState(false)
  const [width, setWidth] = useState<number>(COLUMN_WIDTHS[0])
  return (
    <fieldset className="export-pictures">
      <legend className="quiet">
        Pictures at the step that is shown: PNG as on the page, SVG for paper in text of 8 points
      </legend>
      {PICTURES.map(({ kind, label }) => (
        <button
          key={kind}
          type="button"
          className="button"
          aria-disabled={blocked}
          onClick={() => {
            if (!blocked)
              void savePicture(lab, exporting, kind, { ratio, transparent, width, palette })
          }}
        >
          {label}
        </button>
      ))}
      <label className="select">
        PNG
        <select
          value={ratio}
          onChange={(event) => {
            setRatio(Number(event.target.value))
          }}
        >
          {[1, 2, 3, 4].map((one) => (
            <option key={one} value={one}>
              {one}×
            </option>
          ))}
        </select>
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={transparent}
          onChange={(event) => {
            setTransparent(event.target.checked)
          }}
        />
        transparent
      </label>
      <label className="select">
        SVG
        <select
          value={width}
          onChange={(event) => {
            setWidth(Number(event.target.value))
          }}
        >
          {COLUMN_WIDTHS.map((one) => (
            <option key={one} value={one}>
              {one} mm
            </option>
          ))}
        </select>
      </label>
    </fieldset>
  )
}

/** How far a file has come, or what has become of it. */
function Progress({
  exporting,
  waits,
}: {
  readonly exporting: Exporting
  /** Why nothing can be made; null: something can. */
  readonly waits: string | null
}) {
  const { making, progress, saved, copied, problem } = useStore(exporting.store)
  return (
    <>
      {making !== null && (
        <progress
          aria-label="Export"
          {...(progress?.share === null || progress === null ? {} : { value: progress.share })}
        />
      )}
      <p className="quiet" role="status" data-testid="export-progress">
        {making !== null
          ? `${progress?.doing ?? 'Beginning'}…`
          : saved !== null
            ? `Saved ${saved.name}, ${sizeText(saved.bytes)}.`
            : copied
              ? 'Copied. It reads the energy on the grid from where it is run.'
              : (waits ?? '')}
      </p>
      {problem !== null && (
        <p className="problem" role="alert" title={problem.details}>
          {problem.text}
        </p>
      )}
      {making !== null && (
        <button
          type="button"
          className="button"
          onClick={() => {
            exporting.cancel()
          }}
        >
          Cancel
        </button>
      )}
    </>
  )
}

function sizeText(bytes: number): string {
  return bytes < 1000 ? `${String(bytes)} B` : `${formatCount(Math.round(bytes / 1000))} kB`
}
