import { useState } from 'react'
import { OBJECTIVE_TEXTS } from '../../../lab/scene/longTexts.ts'
import { formatCount } from '../../render/format.ts'
import { useScene } from '../parts/context.ts'
import { createPart } from '../parts/lazyPart.tsx'

const RecipeSettings = createPart(async () => (await import('./RecipeSettings.tsx')).RecipeSettings)

/** How the energy is trained; folded, with defaults that work. */
export function Recipe() {
  const [open, setOpen] = useState(false)
  const training = useScene((scene) => scene.training)
  const objective = OBJECTIVE_TEXTS.find(({ id }) => id === training.objective)
  return (
    <details
      className="fold recipe"
      onToggle={(event) => {
        setOpen(event.currentTarget.open)
      }}
    >
      <summary>
        Recipe
        <span className="quiet">
          {objective?.label} ·{' '}
          {training.steps === null
            ? `${String(training.seconds)} s`
            : `${formatCount(training.steps)} steps`}
        </span>
      </summary>
      {open && <RecipeSettings />}
    </details>
  )
}
