import { createDebugHook } from './app/stores/debugHook.ts'
import { createLab } from './app/stores/lab.ts'
import { browserPlatform } from './app/stores/platform.ts'
import type { OpenedAddress } from './app/stores/scene/address.ts'
import { FIRST_SCENE } from './app/stores/scene/sceneStore.ts'
import { createAnalysisClient } from './lab/client/analysisClient.ts'
import { createComputeClient } from './lab/client/computeClient.ts'
import './app/views/base.css'
import './app/views/layout.css'
import './app/views/stations.css'
import './app/views/stage/stage.css'
import './app/views/barriers/barriers.css'

/** How long what keeps things has to arrive, its own wait for storage not counted, ms. */
const PATIENCE = 4000

/*
 * The first thing that the page does is to start the worker and to ask it for the run of the address. React and the
 * renderers are a file of their own, which arrives and is evaluated while the worker computes.
 */
const client = createComputeClient()

/** What the address opens. The code that reads one comes beside that of the worker, and only where there is one. */
async function open({ hash, search }: Location): Promise<OpenedAddress> {
  if (hash === '' && search === '') return { scene: FIRST_SCENE, message: null }
  return (await import('./app/stores/scene/address.ts')).openAddress(hash, search)
}

const lab = createLab({
  client,
  opened: await open(window.location),
  analysis: createAnalysisClient(),
  patience: new Promise((resolve) => setTimeout(resolve, PATIENCE)),
  platform: browserPlatform(),
  page: window,
  fetchManifest: async () => {
    const response = await fetch(new URL('energies/manifest.json', document.baseURI))
    const json: unknown = await response.json()
    return json
  },
})
window.lyapunovLab = createDebugHook(lab)

const { mount } = await import('./app/views/mount.tsx')
const root = document.getElementById('root')
if (root === null) throw new Error('the page has no #root')
mount(root, lab)
