import { recordText } from './recordFile.ts'
import { linkOf } from '../scene/address.ts'
import type { Surroundings } from '../surroundings.ts'

/**
 * All work of the visitor on the page as the text of a JSON file, whether or not storage has it: the scene and its link,
 * the drawing on the pad, data sets, energies.
 */
export function rescueText(lab: Pick<Surroundings, 'scene' | 'run' | 'shelf' | 'tool'>): string {
  const { items, dataSets } = lab.shelf.getState()
  return recordText({
    format: 'lyapunov-lab-rescue',
    version: 1,
    link: linkOf(lab, window).address,
    scene: lab.scene.getState().scene,
    draft: lab.tool.getState().draft,
    dataSets,
    energies: items.map(({ thumbnail: _, ...item }) => item),
  })
}

/** Downloads a text, or bytes, as a file. */
export function download(name: string, content: BlobPart, type = 'application/json'): void {
  const address = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The browser has read the address by the next turn of the event loop.
  setTimeout(() => {
    URL.revokeObjectURL(address)
  }, 0)
}
