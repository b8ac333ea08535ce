/**
 * The Content-Security-Policy of the served page. Everything comes from its own origin; WebAssembly may
 * be compiled; styles may be inline, since React sets style attributes. No text becomes markup or the address of a
 * script, but for what the policy of trusted types in src/lab/client/spawnWorker.ts lets pass.
 */
const POLICY: Readonly<Record<string, readonly string[]>> = {
  'default-src': ["'self'"],
  'script-src': ["'self'", "'wasm-unsafe-eval'"],
  'worker-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'connect-src': ["'self'"],
  'img-src': ["'self'", 'data:', 'blob:'],
  'object-src': ["'none'"],
  'base-uri': ["'self'"],
  'require-trusted-types-for': ["'script'"],
  'trusted-types': ['lab'],
  // A page of the same origin may embed the lab; no other can lay it under something else.
  'frame-ancestors': ["'self'"],
}

function serialise(policy: typeof POLICY, without: readonly string[] = []): string {
  return Object.entries(policy)
    .filter(([directive]) => !without.includes(directive))
    .map(([directive, sources]) => `${directive} ${sources.join(' ')}`)
    .join('; ')
}

export const CSP = serialise(POLICY)

/** As much of it as may stand in the page itself. */
export const META_CSP = serialise(POLICY, ['frame-ancestors'])

/** The dev server injects an inline refresh preamble, shows errors as markup and talks over a WebSocket. */
export const DEVELOPMENT_CSP = serialise(
  {
    ...POLICY,
    'script-src': [...(POLICY['script-src'] ?? []), "'unsafe-inline'"],
    'connect-src': [...(POLICY['connect-src'] ?? []), 'ws:'],
  },
  ['require-trusted-types-for', 'trusted-types'],
)

/** Sent with every answer of the production server and of `vite preview`. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CSP,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
}
