import { useState } from 'react'
import { DEFAULT_SCENE } from '../../../lab/scene/defaults.ts'
import { SAMPLER_TEXTS } from '../../../lab/scene/texts.ts'
import { formatNumber } from '../../render/format.ts'
import type { AccelerationProps } from './AccelerationSettings.tsx'
import { isIdentity } from './stepFormula.ts'
import { createPart } from '../parts/lazyPart.tsx'

const AccelerationSettings = createPart(
  async () => (await import('./AccelerationSettings.tsx')).AccelerationSettings,
)

/** What makes the fall faster or the law exact; folded, with what is used of it in its heading. */
export function Acceleration({ dynamics, onChange }: AccelerationProps) {
  const [open, setOpen] = useState(false)
  const { sampler, skew, preconditioner, metric, jumpEvery, companion } = dynamics
  const used = [
    sampler === DEFAULT_SCENE.dynamics.sampler ? '' : SAMPLER_TEXTS[sampler].label,
    skew === 0 ? '' : `γ = ${formatNumber(skew, 2)}`,
    isIdentity(preconditioner) ? '' : 'P',
    metric === undefined ? '' : 'M(x)',
    jumpEvery === 0 ? '' : 'jumps',
    companion === null ? '' : 'second cloud',
  ].filter((word) => word !== '')
  return (
    <details
      className="fold acceleration"
      onToggle={(event) => {
        setOpen(event.currentTarget.open)
      }}
    >
      <summary>
        Acceleration
        <span className="quiet">{used.length === 0 ? 'none' : used.join(' · ')}</span>
      </summary>
      {open && <AccelerationSettings dynamics={dynamics} onChange={onChange} />}
    </details>
  )
}
