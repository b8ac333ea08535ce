import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import type { Lab } from '../stores/lab.ts'
import { App } from './App.tsx'
import { opening } from './opening.ts'
import { fetchAtLeisure, openParts } from './parts/later.ts'

/** How long the first run has the machine to itself before the page fetches parts that the visitor has not opened, ms. */
const PARTS_DELAY = 1500

/** Puts the page into an element. */
export function mount(root: HTMLElement, lab: Lab): void {
  createRoot(root).render(
    <StrictMode>
      <App lab={lab} />
    </StrictMode>,
  )
  void opening(lab).then(() => {
    openParts()
    setTimeout(() => void fetchAtLeisure(), PARTS_DELAY)
  })
}
