import { useEffect, useRef, useState } from 'react'
import { useStore } from 'zustand'
import { explain } from '../stores/explain.ts'
import { useLab, usePalette, useRun, useScene, useTool } from './parts/context.ts'
import { Icon } from './parts/Icon.tsx'
import { createPart } from './parts/lazyPart.tsx'

const ExperimentList = createPart(async () => (await import('./ExperimentList.tsx')).ExperimentList)

export function Header() {
  return (
    <header className="header">
      <h1 className="wordmark">
        <Mark />
        Lyapunov Lab
      </h1>
      <p className="tagline">
        Train a scalar energy, release particles on it, and see when and why you may stop.
      </p>
      <BackendBadge />
      <HistoryButtons />
      <ExperimentsMenu />
      <ShareButton />
      <ExportButton />
      <HelpButton />
      <ThemeButton />
    </header>
  )
}

/** A falling curve over its floor. */
function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M4 5c2 14 7 19.500 24 20" className="mark-langevin" />
      <path d="M4 11c3 9 7 12 11 10 4-2 7-9 13-13" className="mark-deterministic" />
    </svg>
  )
}

/** What a phone's header has room for. */
const SHORT_NAMES = {
  ...{ webgpu: 'WebGPU', wasm: 'WASM', cpu: 'CPU' },
  ...{ 'tfjs-webgpu': 'tfjs GPU', 'tfjs-cpu': 'tfjs CPU' },
} as const

const BackendDialog = createPart<{ readonly onClose: () => void }>(
  async () => (await import('./BackendDialog.tsx')).BackendDialog,
  {
    onFailure: ({ onClose }) => {
      onClose()
    },
  },
)

function BackendBadge() {
  const backend = useRun((state) => state.backend)
  const [open, setOpen] = useState(false)
  if (backend === null)
    return (
      <span className="badge" data-state="measuring">
        <i className="dot" />
        <span className="long">measuring…</span>
        <span className="short" aria-hidden="true">
          …
        </span>
      </span>
    )
  const { name, description, reason, refused } = backend
  const unsaid = refused.filter((one) => !reason.includes(one.reason))
  return (
    <>
      <div className="badge-holder">
        <button
          type="button"
          className="badge"
          data-backend={name}
          aria-describedby="backend-why"
          aria-haspopup="dialog"
          onClick={() => {
            setOpen(true)
          }}
        >
          <i className="dot" />
          <span className="long">{description}</span>
          <span className="short" aria-hidden="true">
            {SHORT_NAMES[name]}
          </span>
        </button>
        <div className="tooltip" id="backend-why" role="tooltip">
          <p>
            Training runs on <strong>{description}</strong>: {reason}.
          </p>
          {unsaid.map((one) => (
            <p key={one.name}>
              Not {one.name}: {one.reason}
            </p>
          ))}
          <p className="quiet">Press for the machine, another backend, step times and a check.</p>
        </div>
      </div>
      {open && (
        <BackendDialog
          onClose={() => {
            setOpen(false)
          }}
        />
      )}
    </>
  )
}

/** Another scene, as the browser's Back and Forward. */
function HistoryButtons() {
  const { history } = useLab()
  const { canUndo, canRedo } = useStore(history.state)
  return (
    <div className="undo" role="group" aria-label="History">
      <button
        type="button"
        className="icon-button"
        aria-label="Undo"
        title="Undo (Ctrl+Z)"
        disabled={!canUndo}
        onClick={() => {
          history.undo()
        }}
      >
        <Icon name="undo" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Redo"
        title="Redo (Ctrl+Shift+Z)"
        disabled={!canRedo}
        onClick={() => {
          history.redo()
        }}
      >
        <Icon name="redo" />
      </button>
    </div>
  )
}

function ExperimentsMenu() {
  const [opened, setOpened] = useState(false)
  const ref = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    const close = (event: Event) => {
      const menu = ref.current
      if (menu?.open !== true) return
      if (
        event instanceof KeyboardEvent
          ? event.key === 'Escape'
          : !menu.contains(event.target as Node)
      ) {
        menu.open = false
        if (event instanceof KeyboardEvent) menu.querySelector('summary')?.focus()
      }
    }
    document.addEventListener('pointerdown', close)
    document.addEventListener('keydown', close)
    return () => {
      document.removeEventListener('pointerdown', close)
      document.removeEventListener('keydown', close)
    }
  }, [])
  return (
    <details
      className="menu"
      ref={ref}
      onToggle={() => {
        setOpened(true)
      }}
    >
      <summary className="button">Experiments</summary>
      {opened && (
        <ExperimentList
          onChosen={() => {
            if (ref.current !== null) ref.current.open = false
          }}
        />
      )}
    </details>
  )
}

const Help = createPart<{ readonly onClose: () => void }>(
  async () => (await import('./HelpDialog.tsx')).HelpDialog,
  {
    onFailure: ({ onClose }) => {
      onClose()
    },
  },
)

/** First steps, words, keys and where it all comes from. */
function HelpButton() {
  const lab = useLab()
  const open = useTool((tool) => tool.showsHelp)
  const show = (showsHelp: boolean) => {
    lab.tool.setState({ showsHelp })
  }
  return (
    <>
      <button
        type="button"
        className="icon-button"
        aria-label="Help"
        title="First steps, words and keys (?)"
        aria-haspopup="dialog"
        onClick={() => {
          show(true)
        }}
      >
        ?
      </button>
      {open && (
        <Help
          onClose={() => {
            show(false)
          }}
        />
      )}
    </>
  )
}

function ShareButton() {
  const lab = useLab()
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => {
      setCopied(false)
    }, 2000)
    return () => {
      clearTimeout(timer)
    }
  }, [copied])
  const share = async () => {
    const link = await lab.link().catch((error: unknown) => {
      lab.notify('error', explain(error))
    })
    if (link === undefined) return
    const { address, missing } = link
    try {
      await navigator.clipboard.writeText(address)
      setCopied(true)
      if (missing !== null) lab.notify('warning', missing)
    } catch {
      lab.notify('info', `Copy this link: ${address}`)
    }
  }
  return (
    <button
      type="button"
      className="button"
      onClick={() => {
        void share()
      }}
    >
      <Icon name="link" />
      <span aria-live="polite">{copied ? 'Link copied' : 'Copy link'}</span>
    </button>
  )
}

const ExportDialog = createPart<{ readonly onClose: () => void }>(
  async () => (await import('./export/ExportDialog.tsx')).ExportDialog,
  {
    onFailure: ({ onClose }) => {
      onClose()
    },
  },
)

function ExportButton() {
  const [open, setOpen] = useState(false)
  return (
    <>
      <button
        type="button"
        className="button"
        aria-label="Export"
        aria-haspopup="dialog"
        onClick={() => {
          setOpen(true)
        }}
      >
        <Icon name="export" />
        <span>Export</span>
      </button>
      {open && (
        <ExportDialog
          onClose={() => {
            setOpen(false)
          }}
        />
      )}
    </>
  )
}

function ThemeButton() {
  const lab = useLab()
  const theme = useScene((scene) => scene.view.theme)
  const { name } = usePalette()
  const other = name === 'dark' ? 'light' : 'dark'
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={`Theme: ${theme === 'auto' ? `${name}, as the device` : name}. Switch to ${other}`}
      title={`Switch to ${other}`}
      onClick={() => {
        lab.setTheme(other)
      }}
    >
      <Icon name={name === 'dark' ? 'sun' : 'moon'} />
    </button>
  )
}
