import type { Lab } from '../stores/lab.ts'
import { recordText } from '../stores/shelf/recordFile.ts'
import { useLab, useShelf } from './parts/context.ts'
import { Dialog } from './parts/Dialog.tsx'

const TABLE_NAMES = {
  shelf: 'Energy',
  dataSets: 'Data',
  checkpoints: 'Training',
  settings: 'Setting',
} as const

/** What was removed lately, to be put back, and what cannot be read, to be saved as a file. */
export function RemovedDialog({ onClose }: { readonly onClose: () => void }) {
  const lab = useLab()
  const removed = useShelf((state) => state.removed)
  const aside = useShelf((state) => state.aside)
  return (
    <Dialog title="Removed and unreadable" onClose={onClose}>
      {removed.length > 0 && (
        <>
          <p className="quiet">
            Removed energies and data can be put back for 30 days. Data stay as long as an energy
            was learned from them.
          </p>
          <ul className="removed" aria-label="Removed">
            {removed.map((one) => (
              <li key={one.id}>
                <span>{one.label}</span>
                <button
                  type="button"
                  className="button"
                  aria-label={`Put ${one.label} back`}
                  onClick={() => {
                    lab.putBack(one.id)
                  }}
                >
                  Put back
                </button>
                <Export name={one.label} record={one} />
                <Delete what={one} name={one.label} />
              </li>
            ))}
          </ul>
        </>
      )}
      {aside.length > 0 && (
        <>
          <p className="quiet">
            These records cannot be read here. They stay as they are: another version of this page
            may read them.
          </p>
          <ul className="removed" aria-label="Unreadable">
            {aside.map((record) => {
              const name = `${TABLE_NAMES[record.table]} ${JSON.stringify(record.key)}`.replaceAll(
                '"',
                '',
              )
              return (
                <li key={name}>
                  <span>
                    {name} <span className="quiet">({record.why})</span>
                  </span>
                  <Export name={name} record={record.value} />
                  <Delete what={record} name={name} />
                </li>
              )
            })}
          </ul>
        </>
      )}
      {removed.length + aside.length === 0 && <p className="quiet">Nothing is left here.</p>}
    </Dialog>
  )
}

interface ExportProps {
  readonly name: string
  readonly record: unknown
}

function Export({ name, record }: ExportProps) {
  return (
    <button
      type="button"
      className="button"
      aria-label={`Save ${name} as a file`}
      onClick={() => {
        const url = URL.createObjectURL(
          new Blob([recordText(record)], { type: 'application/json' }),
        )
        const link = document.createElement('a')
        link.href = url
        link.download = `${name.replace(/[^\p{L}\p{N}-]+/gu, '-')}.json`
        link.click()
        URL.revokeObjectURL(url)
      }}
    >
      Save as a file
    </button>
  )
}

interface DeleteProps {
  readonly name: string
  readonly what: Parameters<Lab['destroy']>[0]
}

function Delete({ name, what }: DeleteProps) {
  const lab = useLab()
  return (
    <button
      type="button"
      className="button"
      aria-label={`Delete ${name} for good`}
      onClick={() => {
        lab.destroy(what)
      }}
    >
      Delete for good
    </button>
  )
}
