/** Texts on criteria and objectives, which the page loads after its start. */
export { CRITERION_TEXTS, type CriterionText } from '../../core/analysis/texts.ts'
export { OBJECTIVE_TEXTS } from '../../learning/texts.ts'
