/** Resolves when the page has nothing better to do, or after a while. */
export function leisure(): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      resolve()
    }
    // Not every browser has idle callbacks.
    if ('requestIdleCallback' in window) requestIdleCallback(done, { timeout: 4000 })
    else setTimeout(done, 1500)
  })
}
