import { useEffect, useRef, useState } from 'react'
import type { Vector2 } from '../../lab/scene/sceneSpec.ts'
import { useLab } from './context.ts'

/** Points on their way to becoming a target: asked of the engine first, refused in the dialog. */
export interface Acceptance {
  readonly checking: boolean
  /** Why the points were refused; null when they were not. */
  readonly problem: string | null
  readonly setProblem: (problem: string | null) => void
  /** Calls `accept` once the engine can make a target of the points, unless the dialog is gone by then. */
  readonly offer: (points: readonly Vector2[], accept: () => void) => void
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
  const ask = async (points: readonly Vector2[], accept: () => void) => {
    setChecking(true)
    setProblem(null)
    const refused = await lab.checkPoints(points)
    if (!mounted.current) return
    setChecking(false)
    if (refused === null) accept()
    else setProblem(refused)
  }
  return {
    checking,
    problem,
    setProblem,
    offer(points, accept) {
      void ask(points, accept)
    },
  }
}
