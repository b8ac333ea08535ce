import type { CriterionId } from '../../lab/scene/sceneSpec.ts'
import { CRITERION_TEXTS, type CriterionText } from '../../lab/scene/texts.ts'

/** What the registry says of the criteria. */
const TEXTS: Partial<Readonly<Record<CriterionId, CriterionText>>> = CRITERION_TEXTS

/** A criterion's name; one without a text stands under its id. */
export function criterionLabel(id: CriterionId): string {
  return TEXTS[id]?.label ?? id
}
