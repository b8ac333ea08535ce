import path from 'node:path'
import { FolderAssets } from '../../src/lab/cli/folderAssets.ts'
import { readKernelModule, readSamplerModule } from '../../src/lab/cli/kernelModule.ts'
import { createSession } from '../../src/lab/engine/session.ts'
import type { SweepResult, SweptScene } from '../../src/lab/protocol/sweep.ts'

/** The sweep of a scene that names shipped energies only. */
export async function perform(scene: SweptScene): Promise<SweepResult> {
  const session = createSession(
    {
      assets: new FolderAssets(path.join(import.meta.dirname, '../../scenes')),
      clock: () => performance.now() / 1000,
      pause: () => Promise.resolve(),
      emit: () => undefined,
      kernelModule: readKernelModule,
      samplerModule: readSamplerModule,
    },
    () => undefined,
  )
  return session.sweep(scene)
}
