import { useEffect, useRef, useState, type ComponentType, type ReactNode } from 'react'
import { UNLOADED_TEXT } from '../../stores/explain.ts'
import { useLab } from './context.ts'
import { atLeisure, type Later } from './later.ts'

/** A part of the page that is fetched when it is first shown, or earlier, at leisure. */
interface PartOptions<Props> {
  /** What keeps its place until it is there; default: nothing. */
  readonly placeholder?: ReactNode
  /** After a fetch that failed, which is said in a notice; the next showing tries again. */
  readonly onFailure?: (props: Props) => void
}

/**
 * Makes a component of one that is imported on demand.
 * @param load imports it; asked again after a failure only
 */
export function createPart<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  { placeholder = null, onFailure }: PartOptions<Props> = {},
): ComponentType<Props> {
  const fetch = atLeisure(load)

  return function Part(props: Props) {
    const Shown = useLater(fetch, true, () => onFailure?.(props))
    return Shown === null ? placeholder : <Shown {...props} />
  }
}

/**
 * Something that is fetched when it is first wanted; null until it is there.
 * @param onFailure after a fetch that failed, which is said in a notice
 */
export function useLater<T>(fetch: Later<T>, wanted: boolean, onFailure?: () => void): T | null {
  const lab = useLab()
  const [known, setKnown] = useState(() => fetch.known)
  const latest = useRef(onFailure)
  useEffect(() => {
    latest.current = onFailure
  })
  useEffect(() => {
    if (known !== null || !wanted) return
    let mounted = true
    fetch().then(
      (value) => {
        if (mounted) setKnown(() => value)
      },
      (error: unknown) => {
        if (!mounted) return
        const run = () => {
          location.reload()
        }
        lab.notify('error', { text: UNLOADED_TEXT, details: String(error) }, 'part', {
          action: { label: 'Reload', run },
        })
        latest.current?.()
      },
    )
    return () => {
      mounted = false
    }
  }, [lab, fetch, known, wanted])
  return known
}
