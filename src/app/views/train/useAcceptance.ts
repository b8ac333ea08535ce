import { useEffect, useRef, useState } from 'react'
import type { DataContent } from '../../stores/shelf/data.ts'
import { checkCount } from '../../stores/shelf/pointCount.ts'
import { useLab } from '../parts/context.ts'

/** Points on their way to becoming a target: asked of the engine first, refused in the dialog. */
export interface Acceptance {
  readonly checking: boolean
  /** Why the points were refused; null when they were not. */
  readonly problem: string | null
  readonly setProblem: (problem: string | null) => void
  /**
   * Keeps the data under a name and makes them the target once the engine can make one of them, unless the dialog is
   * gone by then; `accepted` is called before.
   */
  readonly offer: (label: string, content: DataContent, accepted: () => void) => void
}

export function useAcceptance(): Acceptance {
  const lab = useLab()
  const [checking, setChecking] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const mounted = useRef(false)
  useEffect(() => {
    mounted.current = true
    return () => {
      mounted.current = false
    }
  }, [])
  const ask = async (label: string, content: DataContent, accepted: () => void) => {
    setChecking(true)
    setProblem(null)
    const refused = await lab.checkData(content)
    if (!mounted.current) return
    setChecking(false)
    if (refused !== null) setProblem(refused)
    else {
      lab.addDataSet(label, content)
      accepted()
    }
  }
  return {
    checking,
    problem,
    setProblem,
    offer(label, content, accepted) {
      const wrong = content.kind === 'points' ? checkCount(content.points.length) : null
      if (wrong === null) void ask(label, content, accepted)
      else setProblem(wrong.message)
    },
  }
}
