/** The view that takes files dropped on the page; null: none. */
let taker: ((files: FileList) => void) | null = null

/** Files that are dropped anywhere on the page go to `take` until the function returned is called. */
export function takeDrops(take: (files: FileList) => void): () => void {
  taker = take
  return () => {
    if (taker === take) taker = null
  }
}

/**
 * Takes or refuses every file dropped on the page: the browser would open a file that no view takes, and leave the page. Text dragged into a
 * field is left alone. @returns a function that removes the guard
 */
export function guardDrops(target: Window): () => void {
  const onDrag = (event: DragEvent) => {
    if (!carriesFiles(event)) return
    event.preventDefault()
    if (event.dataTransfer !== null)
      event.dataTransfer.dropEffect = taker === null ? 'none' : 'copy'
  }
  const onDrop = (event: DragEvent) => {
    if (!carriesFiles(event)) return
    event.preventDefault()
    const files = event.dataTransfer?.files
    if (files !== undefined && files.length > 0) taker?.(files)
  }
  target.addEventListener('dragenter', onDrag)
  target.addEventListener('dragover', onDrag)
  target.addEventListener('drop', onDrop)
  return () => {
    target.removeEventListener('dragenter', onDrag)
    target.removeEventListener('dragover', onDrag)
    target.removeEventListener('drop', onDrop)
  }
}

function carriesFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer !== null && [...dataTransfer.types].includes('Files')
}
