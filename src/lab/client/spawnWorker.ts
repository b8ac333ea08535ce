import analysisAddress from '../worker/analysis.ts?worker&url'
import computeAddress from '../worker/compute.ts?worker&url'

const ADDRESSES = { analysis: analysisAddress, compute: computeAddress }

/** The part of a browser's trusted types that is used here; no version of TypeScript's library knows them all. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { readonly createScriptURL: (address: string) => string },
  ): { readonly createScriptURL: (address: string) => string }
}

/**
 * The page's one policy of trusted types (scripts/csp.ts names it): a browser that enforces them starts no script at an
 * address that has not passed here, and makes no markup of any text at all.
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
