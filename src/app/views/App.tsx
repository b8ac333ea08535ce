import { useEffect, useLayoutEffect } from 'react'
import { cssVariables } from '../render/theme.ts'
import type { Lab } from '../stores/lab.ts'
import { CertifyStation } from './CertifyStation.tsx'
import { ComposeStation } from './ComposeStation.tsx'
import { LabProvider, usePalette, useRun } from './context.ts'
import { guardDrops } from './fileDrops.ts'
import { Header } from './Header.tsx'
import { Notices } from './Notices.tsx'
import { SampleStation } from './SampleStation.tsx'
import { Stage } from './Stage.tsx'
import { TrainStation } from './TrainStation.tsx'

export function App({ lab }: { readonly lab: Lab }) {
  useEffect(() => guardDrops(window), [])
  return (
    <LabProvider value={lab}>
      <Themed />
      <Header />
      <main className="lab">
        <div className="left">
          <TrainStation />
          <ComposeStation />
        </div>
        <Stage />
        <div className="right">
          <SampleStation />
          <CertifyStation />
        </div>
      </main>
      <Notices />
      <StatusAnnouncer />
    </LabProvider>
  )
}

/** Puts the palette onto the document: before it is first painted, since every change of a colour is a transition. */
function Themed() {
  const palette = usePalette()
  useLayoutEffect(() => {
    const { style, dataset } = document.documentElement
    for (const [name, value] of Object.entries(cssVariables(palette)))
      style.setProperty(name, value)
    dataset.theme = palette.name
    style.colorScheme = palette.name
  }, [palette])
  return null
}

const WORDS = {
  idle: 'Ready',
  training: 'Training',
  running: 'Running',
  paused: 'Paused',
  stopped: 'Stopped',
  error: 'Cannot run this scene',
} as const

/** Says changes of status aloud; the page itself shows them in its controls. */
function StatusAnnouncer() {
  const status = useRun((state) => state.status)
  const step = useRun((state) => (state.status === 'running' ? null : state.step))
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {WORDS[status]}
      {step !== null && status !== 'training' && ` at step ${String(step)}`}
    </p>
  )
}
