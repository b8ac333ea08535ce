/** What the registries say about their entries, for the page: texts, no code. */
export { CRITERION_TEXTS, type CriterionText } from '../../core/analysis/ids.ts'
export { SAMPLER_IDS, SAMPLER_TEXTS } from '../../core/samplers/ids.ts'
export { TARGET_LABELS } from '../../core/targets/ids.ts'
export { OBJECTIVE_TEXTS } from '../../learning/ids.ts'
