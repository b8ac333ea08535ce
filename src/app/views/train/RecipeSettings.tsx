import { isTraining } from '../../stores/run/runStore.ts'
import { isTargetId } from '../../../lab/scene/defaults.ts'
import { OBJECTIVE_TEXTS } from '../../../lab/scene/longTexts.ts'
import type { SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import { formatCount, formatNumber } from '../../render/format.ts'
import { targetLabel } from '../../stores/labels.ts'
import { BackendSelect } from '../parts/BackendSelect.tsx'
import { useLab, useRun, useScene } from '../parts/context.ts'
import { Formula } from '../parts/Formula.tsx'
import { Figure, Slider } from '../parts/Slider.tsx'

/** Everything under _Recipe_. */
export function RecipeSettings() {
  const lab = useLab()
  const training = useScene((scene) => scene.training)
  const target = useScene((scene) => scene.target)
  const seed = useScene((scene) => scene.seed)
  const busy = useRun(isTraining)
  const change = (part: Partial<SceneSpec['training']>) => {
    lab.edit((scene) => ({ ...scene, training: { ...scene.training, ...part } }))
  }
  const objective = OBJECTIVE_TEXTS.find(({ id }) => id === training.objective)
  return (
    <div className="fold-body">
      <label className="select wide">
        Objective
        <select
          value={training.objective}
          disabled={busy}
          onChange={(event) => {
            const chosen = OBJECTIVE_TEXTS.find(({ id }) => id === event.target.value)
            if (chosen !== undefined) change({ objective: chosen.id })
          }}
        >
          {OBJECTIVE_TEXTS.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {objective !== undefined && (
        <>
          <p className="quiet">{objective.summary}</p>
          <Formula tex={objective.formula} plain={objective.plain} />
        </>
      )}
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
        <BackendSelect />
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
  )
}
