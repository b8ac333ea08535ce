/** What the registries say about their entries, for the page: texts, no code. Those of a sentence and more: longTexts.ts. */
export { SAMPLER_IDS, SAMPLER_TEXTS } from '../../core/samplers/ids.ts'
export { TARGET_LABELS } from '../../core/targets/ids.ts'
