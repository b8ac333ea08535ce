import { useEffect, useLayoutEffect } from 'react'
import { canDraw } from '../render/canvas.ts'
import { cssVariables } from '../render/theme.ts'
import type { Lab } from '../stores/lab.ts'
import { Boundary } from './parts/Boundary.tsx'
import { LabProvider, usePalette, useRun } from './parts/context.ts'
import { guardDrops } from './fileDrops.ts'
import { Header } from './Header.tsx'
import { Notices } from './Notices.tsx'
import { Stage } from './stage/Stage.tsx'
import { createPart } from './parts/lazyPart.tsx'

const Keys = createPart(async () => (await import('./Keys.tsx')).Keys)
const LeftStations = createPart(async () => (await import('./Stations.tsx')).LeftStations)
const RightStations = createPart(async () => (await import('./Stations.tsx')).RightStations)

export function App({ lab }: { readonly lab: Lab }) {
  // From the start: the panels may come late or never.
  useEffect(() => guardDrops(window), [])
  useEffect(() => {
    if (!canDraw())
      lab.notify(
        'error',
        'This browser draws no pictures for this page: landscapes, particles and curves stay empty; numbers and controls work.',
      )
  }, [lab])
  return (
    <LabProvider value={lab}>
      <Boundary lab={lab} part="The page">
        <Themed />
        <Boundary lab={lab} part="The head of the page">
          <Header />
        </Boundary>
        <main className="lab">
          <div className="left">
            <LeftStations />
          </div>
          <Boundary lab={lab} part="The stage" className="stage">
            <Stage />
          </Boundary>
          <div className="right">
            <RightStations />
          </div>
        </main>
        <Boundary lab={lab} part="Messages">
          <Notices />
        </Boundary>
        <StatusAnnouncer />
        <Keys />
      </Boundary>
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
