import { use, Suspense } from 'react'
import { leisure } from './leisure.ts'

type Katex = typeof import('katex')
let loading: Promise<Katex | null> | null = null

/**
 * The typesetter is fetched with the first formula that is shown, as MathML: no fonts, no styles. Null where it cannot be
 * fetched: the plain formulas stand.
 */
function load(): Promise<Katex | null> {
  loading ??= new Promise<void>((resolve) => setTimeout(resolve, 800))
    .then(leisure)
    .then(() => import('katex'))
    .catch(() => null)
  return loading
}

const typeset = new Map<string, string>()

function Typeset({ tex, plain }: { readonly tex: string; readonly plain: string }) {
  const katex = use(load())
  if (katex === null) return <span className="formula">{plain}</span>
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
      <Typeset tex={tex} plain={plain} />
    </Suspense>
  )
}
