import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { formatCount } from '../../render/format.ts'
import { describeTableError, openFile, pairs, type OpenedFile } from '../../stores/shelf/data.ts'
import { useLab } from '../parts/context.ts'
import { Dialog, Problem } from '../parts/Dialog.tsx'
import { takeDrops } from '../fileDrops.ts'
import { TablePreview, useTable, type TableReading } from './TablePreview.tsx'
import { useAcceptance } from './useAcceptance.ts'
import { UseButtons } from './UseButtons.tsx'

/** A file of one's own: what was read of it is shown, and everything about the reading can be decided. The file stays in this browser. */
export function UploadDialog({ onClose }: { readonly onClose: () => void }) {
  const [file, setFile] = useState<OpenedFile | null>(null)
  const [opening, setOpening] = useState(false)
  const reading = useTable(file?.text ?? null)
  const lab = useLab()
  const { checking, problem, setProblem, offer } = useAcceptance()
  const latest = useRef<AbortController | null>(null)
  const choose = (chosen: File | undefined) => {
    if (chosen === undefined) return
    latest.current?.abort()
    const controller = new AbortController()
    latest.current = controller
    setFile(null)
    setProblem(null)
    setOpening(true)
    openFile(chosen, controller.signal).then(
      (opened) => {
        if (controller.signal.aborted) return
        setOpening(false)
        setFile(opened)
      },
      (error: unknown) => {
        if (controller.signal.aborted) return
        setOpening(false)
        const why = error instanceof Error ? error.message : String(error)
        setProblem(`${chosen.name} could not be read: ${why}`)
      },
    )
  }
  const drop = useEffectEvent((files: FileList) => {
    choose(files[0])
  })
  useEffect(
    () =>
      takeDrops((files) => {
        drop(files)
      }),
    [],
  )
  const table = tableOf(reading)
  const use = (train: boolean) => {
    if (file === null || table === null) return
    const [x, y] = table.columns
    const { separator, decimal, log, clip } = reading.options
    const form = {
      ...(separator !== undefined && { separator }),
      ...(decimal !== undefined && { decimal }),
      ...(log !== undefined && { log }),
      ...(clip !== undefined && { clip }),
    }
    const name = (column: string, axis: 'x' | 'y') =>
      log?.includes(axis) === true ? `log ${column}` : column
    const content = {
      kind: 'file' as const,
      file: file.name,
      bytes: file.bytes,
      hash: file.hash,
      columns: [x.index, y.index] as const,
      columnNames: [name(x.name, 'x'), name(y.name, 'y')] as const,
      ...(Object.keys(form).length > 0 && { form }),
    }
    offer(file.name.replace(/\.[^.]*$/, ''), content, () => {
      onClose()
      if (train) lab.training.learn()
    })
  }

  return (
    <Dialog title="Upload a table" wide onClose={onClose}>
      <label className={file === null ? 'drop' : 'drop small'}>
        <input
          type="file"
          accept=".csv,.tsv,.txt,.dat,.asc,.json,text/csv,text/tab-separated-values,text/plain"
          aria-label="Table file"
          onChange={(event) => {
            choose(event.target.files?.[0])
          }}
        />
        <span>{file === null ? 'Choose a file, or drop one here' : file.name}</span>
        {file === null ? (
          <span className="quiet">
            Any table as text: columns by commas, semicolons, tabs, bars or spaces; decimal points
            or commas; other columns may hold text. The file stays in this browser.
          </span>
        ) : (
          <span className="button">Another file</span>
        )}
      </label>
      {(opening || file !== null) && (
        <TablePreview reading={reading} encoding={file?.encoding ?? null} />
      )}
      <Problem text={problem ?? problemOf(reading, file === null ? '' : `${file.name}: `)} />
      <footer>
        {table !== null && <p className="quiet">Each column is centred and scaled for training.</p>}
        <UseButtons disabled={table === null || checking} onUse={use} />
      </footer>
    </Dialog>
  )
}

/** What can be used now; null while it is read, and where it was refused. */
function tableOf({ current }: TableReading) {
  return current === null || 'error' in current ? null : current
}

function problemOf({ shown }: TableReading, before: string): string | null {
  if (shown === null || !('error' in shown)) return null
  const { error, layout } = shown
  const form =
    error.form === true && layout !== null
      ? '; where Separator or Decimal sign above is wrong, choose another'
      : ''
  return before + describeTableError(error) + form
}

/** Points as text, one a line. They travel in the link, with all their digits. */
export function PasteDialog({ onClose }: { readonly onClose: () => void }) {
  const lab = useLab()
  const [text, setText] = useState(() => lab.tool.getState().pasted)
  const empty = text.trim() === ''
  const reading = useTable(empty ? null : text)
  const { checking, problem, setProblem, offer } = useAcceptance()
  const table = tableOf(reading)
  const write = (pasted: string) => {
    setText(pasted)
    setProblem(null)
    lab.tool.setState({ pasted })
  }
  const use = (train: boolean) => {
    if (table === null) return
    const points = pairs(table.points)
    offer(`${formatCount(points.length)} points`, { kind: 'points', points }, () => {
      lab.tool.setState({ pasted: '' })
      onClose()
      if (train) lab.training.learn()
    })
  }
  return (
    <Dialog title="Paste points" wide={!empty} onClose={onClose}>
      <label className="paste">
        <span className="quiet">
          One point a line: x y, separated by a space, comma or tab; or a table. Each column is
          centred and scaled for training.
        </span>
        <textarea
          aria-label="Points"
          rows={empty ? 10 : 5}
          spellCheck={false}
          value={text}
          placeholder={'0.12 0.34\n-1.50 0.82\n…'}
          onChange={(event) => {
            write(event.target.value)
          }}
        />
      </label>
      {!empty && <TablePreview reading={reading} encoding={null} />}
      <Problem text={problem ?? problemOf(reading, '')} />
      <footer>
        <UseButtons disabled={table === null || checking} onUse={use} />
      </footer>
    </Dialog>
  )
}
