import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { openLibrary } from './app/storage/library.ts'
import { createDebugHook } from './app/stores/debugHook.ts'
import { createLab } from './app/stores/lab.ts'
import { browserPlatform } from './app/stores/platform.ts'
import { App } from './app/views/App.tsx'
import { createAnalysisClient } from './lab/client/analysisClient.ts'
import { createComputeClient } from './lab/client/computeClient.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('the page has no #root')

const lab = createLab({
  client: createComputeClient(),
  analysis: createAnalysisClient(),
  library: openLibrary(),
  platform: browserPlatform(),
  page: window,
  fetchManifest: async () => {
    const response = await fetch(new URL('energies/manifest.json', document.baseURI))
    const json: unknown = await response.json()
    return json
  },
})
window.lyapunovLab = createDebugHook(lab)

createRoot(root).render(
  <StrictMode>
    <App lab={lab} />
  </StrictMode>,
)
