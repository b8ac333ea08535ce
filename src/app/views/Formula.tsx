import { use, Suspense } from 'react'

type Katex = typeof import('katex')
let loading: Promise<Katex> | null = null

/** Resolves when the page has nothing better to do, or after a while. */
function leisure(): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      resolve()
    }
    // Not every browser has idle callbacks.
    if ('requestIdleCallback' in window) requestIdleCallback(done, { timeout: 4000 })
    else setTimeout(done, 1500)
  })
}

/** The typesetter is fetched with the first formula that is shown, as MathML: no fonts, no styles. */
function load(): Promise<Katex> {
  loading ??= new Promise<void>((resolve) => setTimeout(resolve, 800))
    .then(leisure)
    .then(() => import('katex'))
  return loading
}

const typeset = new Map<string, string>()

function Typeset({ tex }: { readonly tex: string }) {
  const katex = use(load())
  let html = typeset.get(tex)
  if (html === undefined) {
    html = katex.renderToString(tex, { output: 'mathml', throwOnError: false })
    typeset.set(tex, html)
  }
  return <span className="formula" dangerouslySetInnerHTML={{ __html: html }} />
}

/** A formula of our own in TeX; until the typesetter is there, `plain` stands for it. */
export function Formula({ tex, plain }: { readonly tex: string; readonly plain: string }) {
  return (
    <Suspense fallback={<span className="formula">{plain}</span>}>
      <Typeset tex={tex} />
    </Suspense>
  )
}
