import { download } from '../shelf/rescue.ts'
import { createExporting, type Exporting } from './exporting.ts'

/** Makes files of the run on the stage and has the browser save them. */
export function exportPage(
  options: Omit<Parameters<typeof createExporting>[0], 'copy' | 'save'>,
): Exporting {
  return createExporting({
    ...options,
    copy: (text) => navigator.clipboard.writeText(text),
    save: ({ name, bytes, type }) => {
      download(name, bytes, type)
    },
  })
}
