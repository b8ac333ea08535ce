/** Who takes files that are dropped on the page; null: nobody. */
let taker: ((files: FileList) => void) | null = null

/** Files that are dropped anywhere on the page go to `take` until the function returned is called. */
export function takeDrops(take: (files: FileList) => void): () => void {
  taker = take
  return () => {
    if (taker === take) taker = null
  }
}

/**
 * A browser opens a file that is dropped where nobody takes it, and the page is gone. Here it is taken or refused; text that is dragged into a
 * field is left alone. @returns what ends it
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
