import { Fragment, useEffect, useRef, useState } from 'react'
import type { BackendCheck, BackendReport } from '../../lab/protocol/calls.ts'
import { BACKEND_CHOICES } from '../../lab/scene/sceneSpec.ts'
import { ABSENT, counted, formatNumber } from '../render/format.ts'
import { explain } from '../stores/explain.ts'
import { BACKEND_LABELS, BackendSelect } from './parts/BackendSelect.tsx'
import { useLab, useRun } from './parts/context.ts'
import { Dialog } from './parts/Dialog.tsx'

type Name = BackendReport['name']
type Found = Extract<BackendCheck, { readonly milliseconds: number }>

const NAMES = BACKEND_CHOICES.filter((choice): choice is Name => choice !== 'auto')

/** What trains here and why, the machine, and every backend timed and compared with float64. */
export function BackendDialog({ onClose }: { readonly onClose: () => void }) {
  const backend = useRun((state) => state.backend)
  const adapter = useAdapter()
  const { checks, checking, check } = useChecks()
  const networks = Object.values(checks).find((one) => 'networks' in one)?.networks
  return (
    <Dialog title="Training backend" onClose={onClose}>
      {backend !== null && (
        <p>
          Training runs on <strong>{backend.description}</strong>: {backend.reason}.
        </p>
      )}
      <dl className="machine">
        <dt>Processor</dt>
        <dd>{counted(navigator.hardwareConcurrency, 'thread')}</dd>
        <dt>Graphics</dt>
        <dd>{adapter}</dd>
      </dl>
      <BackendSelect />
      <table className="constants backends" aria-label="Backends">
        <caption>
          Milliseconds of a step of the default recipe, and the largest differences from float64,
          relative to the largest value: V and ∇V at 512 points of the box, and ∂/∂θ of the mean of
          V + |∇V|².
        </caption>
        <thead>
          <tr>
            <th scope="col">Backend</th>
            <th scope="col">ms a step</th>
            <th scope="col">V</th>
            <th scope="col">∇V</th>
            <th scope="col">∂/∂θ</th>
          </tr>
        </thead>
        <tbody>
          {NAMES.map((name) => (
            <Rows
              key={name}
              name={name}
              used={name === backend?.name}
              check={checks[name]}
              checking={name === checking}
            />
          ))}
        </tbody>
      </table>
      <footer>
        <p className="quiet" role="status">
          {checking !== null
            ? `Checking ${BACKEND_LABELS[checking]}…`
            : networks === undefined
              ? 'Check opens each of them, and tfjs with them.'
              : networks === 0
                ? 'No network is on the stage: one with random parameters was checked.'
                : `Checked on the ${networks === 1 ? 'network' : `${networks} networks`} of the energy on the stage.`}
        </p>
        <button
          type="button"
          className="button primary"
          aria-disabled={checking !== null}
          onClick={() => {
            if (checking === null) void check()
          }}
        >
          Check
        </button>
      </footer>
    </Dialog>
  )
}

interface RowsProps {
  readonly name: Name
  readonly used: boolean
  readonly check: BackendCheck | undefined
  readonly checking: boolean
}

/** A backend beside float64 and, of tfjs, beside the lab's own kernel on the same hardware. */
function Rows({ name, used, check, checking }: RowsProps) {
  const head = (
    <th scope="row">
      {used ? <strong>{BACKEND_LABELS[name]}</strong> : BACKEND_LABELS[name]}
      {used && <span> in use</span>}
    </th>
  )
  if (check !== undefined && 'refused' in check)
    return (
      <tr title={check.details}>
        {head}
        <td colSpan={4} className="status">
          {check.refused}
        </td>
      </tr>
    )
  return (
    <Fragment>
      <tr>
        {head}
        <td>
          {check === undefined ? (checking ? '…' : ABSENT) : formatNumber(check.milliseconds, 2)}
        </td>
        <Differences of={check?.fromFloat64} />
      </tr>
      {check !== undefined && check.fromFused !== null && (
        <tr className="beside">
          <th scope="row" colSpan={2}>
            <span>from the lab’s {BACKEND_LABELS[check.fromFused.name]} kernel</span>
          </th>
          <Differences of={check.fromFused} />
        </tr>
      )}
    </Fragment>
  )
}

function Differences({ of }: { readonly of: Found['fromFloat64'] | undefined }) {
  return [of?.value, of?.gradient, of?.parameters].map((difference, i) => (
    <td key={i}>{difference === undefined ? ABSENT : formatNumber(difference, 2)}</td>
  ))
}

/** Checks of all backends, one after the other, for as long as somebody looks. */
function useChecks() {
  const lab = useLab()
  const [checks, setChecks] = useState<Readonly<Partial<Record<Name, BackendCheck>>>>({})
  const [checking, setChecking] = useState<Name | null>(null)
  const looked = useRef(true)
  useEffect(() => {
    looked.current = true
    return () => {
      looked.current = false
    }
  }, [])
  const check = async () => {
    setChecks({})
    for (const name of NAMES) {
      setChecking(name)
      const found = await lab.checkBackend(name).catch((error: unknown): BackendCheck => {
        const { text, details } = explain(error)
        return { refused: text, ...(details === undefined ? {} : { details }) }
      })
      if (!looked.current) return
      setChecks((known) => ({ ...known, [name]: found }))
    }
    setChecking(null)
  }
  return { checks, checking, check }
}

/** Seconds that the browser has to name its graphics adapter. */
const ADAPTER_LIMIT = 8

/** The name of the graphics adapter, or why there is none. */
function useAdapter(): string {
  const [name, setName] = useState('…')
  useEffect(() => {
    let looked = true
    const silence = setTimeout(() => {
      setName(`WebGPU did not answer within ${ADAPTER_LIMIT} s`)
    }, 1000 * ADAPTER_LIMIT)
    void adapterName().then((found) => {
      clearTimeout(silence)
      if (looked) setName(found)
    })
    return () => {
      looked = false
      clearTimeout(silence)
    }
  }, [])
  return name
}

async function adapterName(): Promise<string> {
  if (!('gpu' in navigator)) return 'no WebGPU in this browser'
  const adapter = await navigator.gpu.requestAdapter().catch(() => null)
  if (adapter === null) return 'WebGPU is there, but it offers no adapter'
  const { description, vendor, architecture, device } = adapter.info
  const parts = description === '' ? [vendor, architecture, device] : [description]
  return parts.filter((part) => part !== '').join(' ') || 'an unnamed adapter'
}
