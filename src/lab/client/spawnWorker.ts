import analysisAddress from '../worker/analysis.ts?worker&url'
import computeAddress from '../worker/compute.ts?worker&url'

const ADDRESSES = { analysis: analysisAddress, compute: computeAddress }

/** The part of the browser's Trusted Types API that `policy` uses; TypeScript's DOM library does not declare it. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { readonly createScriptURL: (address: string) => string },
  ): { readonly createScriptURL: (address: string) => string }
}

/**
 * The page's only Trusted Types policy (scripts/csp.ts names it): a browser that enforces Trusted Types starts a script
 * only at an address that this policy has passed, and turns no text into markup.
 */
const policy = (globalThis as { readonly trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy(
  'lab',
  {
    createScriptURL(address) {
      if (!Object.values(ADDRESSES).includes(address))
        throw new TypeError(`${address} is no worker`)
      return address
    },
  },
)

/** Starts a worker of the lab. */
export function spawnWorker(name: keyof typeof ADDRESSES): Worker {
  const address = ADDRESSES[name]
  return new Worker(policy?.createScriptURL(address) ?? address, { type: 'module' })
}
