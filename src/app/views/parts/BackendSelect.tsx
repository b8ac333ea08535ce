import { isTraining } from '../../stores/run/runStore.ts'
import { BACKEND_CHOICES, type BackendChoice } from '../../../lab/scene/sceneSpec.ts'
import { useLab, useRun, useScene } from './context.ts'

export const BACKEND_LABELS: Readonly<Record<BackendChoice, string>> = {
  auto: 'fastest measured',
  webgpu: 'WebGPU',
  wasm: 'WebAssembly',
  cpu: 'JavaScript',
  'tfjs-webgpu': 'tfjs on WebGPU',
  'tfjs-cpu': 'tfjs in JavaScript',
}

/** What the scene trains on; fixed while a training is under way. */
export function BackendSelect() {
  const lab = useLab()
  const backend = useScene((scene) => scene.training.backend)
  const busy = useRun(isTraining)
  return (
    <label className="select">
      Backend
      <select
        value={backend}
        disabled={busy}
        onChange={(event) => {
          const chosen = BACKEND_CHOICES.find((choice) => choice === event.target.value)
          if (chosen === undefined) return
          lab.edit((scene) => ({ ...scene, training: { ...scene.training, backend: chosen } }))
        }}
      >
        {BACKEND_CHOICES.map((choice) => (
          <option key={choice} value={choice}>
            {BACKEND_LABELS[choice]}
          </option>
        ))}
      </select>
    </label>
  )
}
