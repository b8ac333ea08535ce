import { recordText } from './recordFile.ts'
import type { Lab } from '../lab.ts'

/**
 * Everything that a person made and that the page holds, kept elsewhere or not, as the text of a JSON file: the scene and
 * its link, the drawing on the pad, data sets, energies.
 */
export function rescueText(lab: Pick<Lab, 'scene' | 'shelf' | 'tool' | 'link'>): string {
  const { items, dataSets } = lab.shelf.getState()
  return recordText({
    format: 'lyapunov-lab-rescue',
    version: 1,
    link: lab.link(),
    scene: lab.scene.getState().scene,
    draft: lab.tool.getState().draft,
    dataSets,
    energies: items.map(({ thumbnail: _, ...item }) => item),
  })
}

/** Offers a text as a file to keep. */
export function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The browser has taken hold of it by the next turn.
  setTimeout(() => {
    URL.revokeObjectURL(address)
  }, 0)
}
