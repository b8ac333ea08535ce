import { createContext, use, useSyncExternalStore } from 'react'
import { useStore } from 'zustand'
import { PALETTES, type Palette } from '../../render/theme.ts'
import type { Lab } from '../../stores/lab.ts'
import { media } from '../../stores/platform.ts'
import { isLearning, type RunState } from '../../stores/run/runStore.ts'
import type { SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import type { ShelfState } from '../../stores/shelf/shelfStore.ts'
import type { ToolState } from '../../stores/toolStore.ts'

const LabContext = createContext<Lab | null>(null)
export const LabProvider = LabContext.Provider

export function useLab(): Lab {
  const lab = use(LabContext)
  if (lab === null) throw new Error('no lab above this component')
  return lab
}

export function useScene<T>(select: (scene: SceneSpec) => T): T {
  return useStore(useLab().scene, ({ scene }) => select(scene))
}

export function useRun<T>(select: (state: RunState) => T): T {
  return useStore(useLab().run, select)
}

/** Whether the stage shows an energy that is being learned, by a training or by one that follows its target. */
export function useLearning(): boolean {
  return useRun(isLearning)
}

export function useShelf<T>(select: (state: ShelfState) => T): T {
  return useStore(useLab().shelf, select)
}

export function useTool<T>(select: (state: ToolState) => T): T {
  return useStore(useLab().tool, select)
}

/** Whether a media query holds, kept up to date. */
function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = media(query)
      list?.addEventListener('change', changed)
      return () => {
        list?.removeEventListener('change', changed)
      }
    },
    () => media(query)?.matches ?? false,
  )
}

/** The palette that the scene asks for, or else the device. */
export function usePalette(): Palette {
  const theme = useScene((scene) => scene.view.theme)
  const dark = useMedia('(prefers-color-scheme: dark)')
  if (theme === 'auto') return dark ? PALETTES.dark : PALETTES.light
  return PALETTES[theme]
}
