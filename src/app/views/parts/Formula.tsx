import { Suspense, use, useLayoutEffect, useRef } from 'react'
import { leisure } from './later.ts'

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

function Typeset({ tex, plain }: { readonly tex: string; readonly plain: string }) {
  const katex = use(load())
  const ref = useRef<HTMLSpanElement>(null)
  useLayoutEffect(() => {
    if (ref.current !== null)
      katex?.render(tex, ref.current, { output: 'mathml', throwOnError: false })
  }, [katex, tex])
  // No words of a language.
  return katex === null ? (
    <Plain text={plain} />
  ) : (
    <span className="formula" translate="no" ref={ref} />
  )
}

function Plain({ text }: { readonly text: string }) {
  return (
    <span className="formula" translate="no">
      {text}
    </span>
  )
}

/** A formula of our own in TeX; until the typesetter is there, `plain` stands for it. */
export function Formula({ tex, plain }: { readonly tex: string; readonly plain: string }) {
  return (
    <Suspense fallback={<Plain text={plain} />}>
      <Typeset tex={tex} plain={plain} />
    </Suspense>
  )
}
