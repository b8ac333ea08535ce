import { useEffect, useEffectEvent, useState } from 'react'
import { formatCount } from '../render/format.ts'
import {
  describeSkipped,
  hashOf,
  pairs,
  readFile,
  readPaste,
  type PointTable,
} from '../stores/data.ts'
import { useLab } from './context.ts'
import { Dialog } from './Dialog.tsx'
import { takeDrops } from './fileDrops.ts'
import { useAcceptance } from './useAcceptance.ts'

interface Loaded {
  readonly name: string
  readonly text: string
  readonly bytes: Uint8Array
  readonly hash: string
}

/** A CSV file of one's own, with a choice of its columns. The file stays in this browser. */
export function UploadDialog({ onClose }: { readonly onClose: () => void }) {
  const lab = useLab()
  const [file, setFile] = useState<Loaded | null>(null)
  const [table, setTable] = useState<PointTable | null>(null)
  const { checking, problem: message, setProblem: setMessage, offer } = useAcceptance()

  const read = (loaded: Loaded, columns?: readonly [number, number]) => {
    const result = readFile(loaded.text, columns)
    if ('message' in result) setMessage(`${loaded.name}: ${result.message}`)
    else {
      setMessage(null)
      setTable(result.value)
    }
  }
  const load = async (chosen: File) => {
    const bytes = new Uint8Array(await chosen.arrayBuffer())
    const loaded = {
      name: chosen.name,
      text: new TextDecoder().decode(bytes),
      bytes,
      hash: await hashOf(bytes),
    }
    setTable(null)
    setFile(loaded)
    read(loaded)
  }
  const choose = (chosen: File | undefined) => {
    if (chosen === undefined) return
    load(chosen).catch((error: unknown) => {
      setMessage(`${chosen.name} could not be read: ${String(error)}`)
    })
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
  const use = () => {
    if (file === null || table === null) return
    const [x, y] = table.columns
    offer(pairs(table.points), () => {
      lab.addDataSet(file.name.replace(/\.[^.]*$/, ''), {
        kind: 'file',
        file: file.name,
        bytes: file.bytes,
        hash: file.hash,
        columns: [x.index, y.index],
        columnNames: [x.name, y.name],
      })
      onClose()
    })
  }

  return (
    <Dialog title="Upload a CSV" onClose={onClose}>
      <label className="drop">
        <input
          type="file"
          accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"
          aria-label="CSV file"
          onChange={(event) => {
            choose(event.target.files?.[0])
          }}
        />
        <span>{file === null ? 'Choose a file, or drop one here' : file.name}</span>
        <span className="quiet">
          Comma, semicolon or tab; a header is allowed; other columns may hold text. The file stays
          in this browser.
        </span>
      </label>
      {table !== null && file !== null && (
        <div className="columns">
          {([0, 1] as const).map((axis) => (
            <label key={axis} className="select">
              {axis === 0 ? 'Across' : 'Up'}
              <select
                value={table.columns[axis].index}
                onChange={(event) => {
                  const column = Number(event.target.value)
                  const other = table.columns[1 - axis]!.index
                  read(file, axis === 0 ? [column, other] : [other, column])
                }}
              >
                {table.available.map(({ index, name }) => (
                  <option key={index} value={index}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          ))}
          <p className="quiet">
            {formatCount(table.points.length / 2)} points
            {table.skipped.length > 0 &&
              `, ${formatCount(table.skipped.length)} rows skipped (line ${String(table.skipped[0]!.line)}: ${table.skipped[0]!.reason})`}
            . Each column is centred and scaled for training.
          </p>
        </div>
      )}
      {message !== null && (
        <p className="problem" role="alert">
          {message}
        </p>
      )}
      <footer>
        <button
          type="button"
          className="button primary"
          disabled={table === null || checking}
          onClick={use}
        >
          Use as target
        </button>
      </footer>
    </Dialog>
  )
}

/** Points as text, one a line. They travel in the link. */
export function PasteDialog({ onClose }: { readonly onClose: () => void }) {
  const lab = useLab()
  const [text, setText] = useState(() => lab.tool.getState().pasted)
  const write = (pasted: string) => {
    setText(pasted)
    lab.tool.setState({ pasted })
  }
  const { checking, problem: message, setProblem: setMessage, offer } = useAcceptance()
  const use = () => {
    const result = readPaste(text)
    if ('message' in result) {
      setMessage(result.message)
      return
    }
    const { points, skipped } = result.value
    offer(points, () => {
      lab.addDataSet(`${formatCount(points.length)} points`, { kind: 'points', points })
      const left = describeSkipped(skipped)
      if (left !== null)
        lab.notify('warning', `Pasted ${formatCount(points.length)} points; ${left}`)
      lab.tool.setState({ pasted: '' })
      onClose()
    })
  }
  return (
    <Dialog title="Paste points" onClose={onClose}>
      <label className="paste">
        <span className="quiet">
          One point a line: x y, separated by a space, comma or tab. Each column is centred and
          scaled for training.
        </span>
        <textarea
          aria-label="Points"
          rows={10}
          spellCheck={false}
          value={text}
          placeholder={'0.12 0.34\n-1.50 0.82\n…'}
          onChange={(event) => {
            write(event.target.value)
            setMessage(null)
          }}
        />
      </label>
      {message !== null && (
        <p className="problem" role="alert">
          {message}
        </p>
      )}
      <footer>
        <button
          type="button"
          className="button primary"
          disabled={text.trim() === '' || checking}
          onClick={use}
        >
          Use as target
        </button>
      </footer>
    </Dialog>
  )
}
