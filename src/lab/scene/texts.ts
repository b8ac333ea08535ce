/** Texts of registry entries for the page, without code; texts of a sentence and more are in longTexts.ts. */
export { FILTER_RATE, SAMPLER_IDS, SAMPLER_TEXTS } from '../../core/samplers/ids.ts'
export { TARGET_LABELS } from '../../core/targets/ids.ts'
