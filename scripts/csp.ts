/**
 * The Content-Security-Policy of the served page. Everything comes from its own origin; WebAssembly may
 * be compiled; styles may be inline, since React sets style attributes.
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
  // A page of the same origin may embed the lab; no other can lay it under something else.
  'frame-ancestors': ["'self'"],
}

function serialise(policy: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(policy)
    .map(([directive, sources]) => `${directive} ${sources.join(' ')}`)
    .join('; ')
}

export const CSP = serialise(POLICY)

/** The dev server injects an inline refresh preamble and talks over a WebSocket. */
export const DEVELOPMENT_CSP = serialise({
  ...POLICY,
  'script-src': [...(POLICY['script-src'] ?? []), "'unsafe-inline'"],
  'connect-src': [...(POLICY['connect-src'] ?? []), 'ws:'],
})

/** Sent with every answer of the production server and of `vite preview`. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CSP,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
}
