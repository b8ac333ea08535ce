import { useEffect, useRef, useState, type ComponentType, type ReactNode } from 'react'
import { useLab } from './context.ts'
import { leisure } from './leisure.ts'

/** A part of the page that is fetched when it is first shown, or earlier, at leisure. */
interface PartOptions<Props> {
  /** What keeps its place until it is there; default: nothing. */
  readonly placeholder?: ReactNode
  /** After a fetch that failed, which is said in a notice; the next showing tries again. */
  readonly onFailure?: (props: Props) => void
}

const parts: (() => Promise<unknown>)[] = []

/**
 * Makes a component of one that is imported on demand.
 * @param load imports it; asked again after a failure only
 */
export function createPart<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  { placeholder = null, onFailure }: PartOptions<Props> = {},
): ComponentType<Props> {
  let known: ComponentType<Props> | null = null
  let loading: Promise<ComponentType<Props>> | null = null
  const fetch = (): Promise<ComponentType<Props>> => {
    loading ??= load().then(
      (component) => (known = component),
      (error: unknown) => {
        loading = null
        throw error
      },
    )
    return loading
  }
  parts.push(fetch)

  return function Part(props: Props) {
    const lab = useLab()
    const [Shown, setShown] = useState(() => known)
    const latest = useRef(props)
    useEffect(() => {
      latest.current = props
    })
    useEffect(() => {
      if (Shown !== null) return
      let wanted = true
      fetch().then(
        (component) => {
          if (wanted) setShown(() => component)
        },
        (error: unknown) => {
          if (!wanted) return
          lab.notify('error', {
            text: 'This part of the page could not be loaded: the network is needed once to load it.',
            details: String(error),
          })
          onFailure?.(latest.current)
        },
      )
      return () => {
        wanted = false
      }
    }, [lab, Shown])
    return Shown === null ? placeholder : <Shown {...props} />
  }
}

/** Fetches every part, one after the other, whenever the page is idle. */
export async function fetchParts(): Promise<void> {
  for (const fetch of parts) {
    await leisure()
    // Whoever shows the part tries again and says what is wrong.
    await fetch().catch(() => undefined)
  }
}
