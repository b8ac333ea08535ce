/** What the registries say about criteria and objectives: no part of the page's start. */
export { CRITERION_TEXTS, type CriterionText } from '../../core/analysis/texts.ts'
export { OBJECTIVE_TEXTS } from '../../learning/texts.ts'
