import { BACKEND_CHOICES } from '../../lab/scene/decode.ts'
import { isTargetId } from '../../lab/scene/defaults.ts'
import type { BackendChoice, ObjectiveId, SceneSpec } from '../../lab/scene/sceneSpec.ts'
import { formatCount, formatNumber } from '../render/format.ts'
import { targetLabel } from '../stores/labels.ts'
import { useLab, useRun, useScene } from './context.ts'
import { Formula } from './Formula.tsx'
import { Figure, Slider } from './Slider.tsx'

interface Objective {
  readonly label: string
  readonly sentence: string
  readonly tex: string
  readonly plain: string
}

/** What each objective is, as honestly as one sentence can. */
const OBJECTIVES: Readonly<Record<ObjectiveId, Objective>> = {
  persistent: {
    label: 'Persistent chains',
    sentence:
      'Maximum likelihood with persistent, Metropolis-adjusted Langevin chains started at the data. It shares energy matching’s energy and Gibbs target but is not the paper’s algorithm.',
    tex: String.raw`\nabla_\theta\mathcal L = \tfrac1\varepsilon\left(\mathbb E_{\rho^*}\nabla_\theta V - \mathbb E_{\text{chains}}\nabla_\theta V\right)`,
    plain: '∇L = (E_data ∇V − E_chains ∇V)/ε',
  },
  'energy-matching': {
    label: 'Energy matching',
    sentence:
      'The paper’s own, as we read it: flow matching along minibatch optimal-transport paths, then contrastive divergence added. Faithful, slower and fragile.',
    tex: String.raw`\mathcal L = \mathbb E\left|\nabla V(x_t) + x_1 - x_0\right|^2 + \lambda\,\mathcal L_{\text{CD}}`,
    plain: 'L = E|∇V(x_t) + x₁ − x₀|² + λ L_CD',
  },
  quadrature: {
    label: 'Quadrature (oracle)',
    sentence:
      'Exact likelihood: the partition function is integrated over the box. Only the plane allows it; here it is the yardstick.',
    tex: String.raw`\mathcal L = \tfrac1\varepsilon\,\mathbb E_{\rho^*} V + \log\!\int_\Omega e^{-V/\varepsilon}`,
    plain: 'L = E_data V/ε + log ∫ e^(−V/ε)',
  },
  'score-matching': {
    label: 'Score matching',
    sentence:
      'Denoising score matching: ∇V learns the score of slightly blurred data. Simple, but blind to how much mass separate modes carry.',
    tex: String.raw`\mathcal L = \mathbb E\left|\tfrac1\varepsilon\nabla V(x+\sigma\xi) - \tfrac{\xi}{\sigma}\right|^2`,
    plain: 'L = E|∇V(x + σξ)/ε − ξ/σ|²',
  },
}
const OBJECTIVE_LIST = Object.entries(OBJECTIVES)

function isObjective(id: string): id is ObjectiveId {
  return id in OBJECTIVES
}

const BACKEND_NAMES: Readonly<Record<BackendChoice, string>> = {
  auto: 'fastest measured',
  webgpu: 'WebGPU',
  wasm: 'WebAssembly',
  cpu: 'JavaScript',
}

/** How the energy is trained; folded, with defaults that work. */
export function Recipe() {
  const lab = useLab()
  const training = useScene((scene) => scene.training)
  const target = useScene((scene) => scene.target)
  const seed = useScene((scene) => scene.seed)
  const busy = useRun((state) => ['starting', 'running', 'paused'].includes(state.training.phase))
  const change = (part: Partial<SceneSpec['training']>) => {
    lab.edit((scene) => ({ ...scene, training: { ...scene.training, ...part } }))
  }
  const objective = OBJECTIVES[training.objective]
  return (
    <details className="fold recipe">
      <summary>
        Recipe
        <span className="quiet">
          {objective.label} ·{' '}
          {training.steps === null
            ? `${String(training.seconds)} s`
            : `${formatCount(training.steps)} steps`}{' '}
          · seed {seed}
        </span>
      </summary>
      <div className="fold-body">
        <label className="select wide">
          Objective
          <select
            value={training.objective}
            disabled={busy}
            onChange={(event) => {
              if (isObjective(event.target.value)) change({ objective: event.target.value })
            }}
          >
            {OBJECTIVE_LIST.map(([id, { label }]) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <p className="quiet">{objective.sentence}</p>
        <Formula tex={objective.tex} plain={objective.plain} />
        <Slider
          path="training.steps"
          value={training.steps ?? 1720}
          from={20}
          to={20_000}
          format={formatCount}
          unit="steps"
          disabled={busy}
          onChange={(steps) => {
            change({ steps, seconds: null })
          }}
        />
        {isTargetId(target.kind) && 'sharpness' in target && (
          <Slider
            path="target.sharpness"
            value={target.sharpness}
            format={(value) => formatNumber(value, 2)}
            disabled={busy}
            onChange={(sharpness) => {
              lab.selectTarget({ ...target, sharpness })
            }}
          />
        )}
        {isTargetId(target.kind) && (
          <p className="quiet">
            Sharper means narrower: {targetLabel(target)} at sharpness 1 and above is a hard case.
          </p>
        )}
        <div className="row">
          <label className="select">
            Backend
            <select
              value={training.backend}
              disabled={busy}
              onChange={(event) => {
                const backend = BACKEND_CHOICES.find((choice) => choice === event.target.value)
                if (backend !== undefined) change({ backend })
              }}
            >
              {BACKEND_CHOICES.map((choice) => (
                <option key={choice} value={choice}>
                  {BACKEND_NAMES[choice]}
                </option>
              ))}
            </select>
          </label>
          <span className="labelled">
            Seed
            <Figure
              name="Seed"
              path="seed"
              value={seed}
              shown={String(seed)}
              disabled={busy}
              onChange={(value) => {
                lab.edit((scene) => ({ ...scene, seed: value }))
              }}
            />
          </span>
        </div>
      </div>
    </details>
  )
}
