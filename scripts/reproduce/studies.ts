import { acceleration } from './studies/acceleration.ts'
import { barrier } from './studies/barrier.ts'
import { oneWell, smallGradient } from './studies/blindRules.ts'
import { certificate } from './studies/certificate.ts'
import { composition } from './studies/composition.ts'
import { contraction } from './studies/contraction.ts'
import { filter } from './studies/filter.ts'
import { fromTheData, halfTrained } from './studies/fromTheData.ts'
import { gaussianCheck } from './studies/gaussianCheck.ts'
import { jumps } from './studies/jumps.ts'
import { mala } from './studies/mala.ts'
import { mixture } from './studies/mixture.ts'
import { noCertificate } from './studies/noCertificate.ts'
import { overlong } from './studies/overlong.ts'
import { placeMetric } from './studies/placeMetric.ts'
import { preconditioner } from './studies/preconditioner.ts'
import { shipped } from './studies/shipped.ts'
import { stalled } from './studies/stalled.ts'
import { startAtGibbs } from './studies/startAtGibbs.ts'
import { twoStarts } from './studies/twoStarts.ts'
import type { Study } from './study.ts'

/** The studies in the order of the document. Adding one is one file and one line here. */
export const STUDIES: readonly Study[] = [
  certificate,
  noCertificate,
  startAtGibbs,
  gaussianCheck,
  composition,
  mixture,
  barrier,
  filter,
  fromTheData,
  twoStarts,
  halfTrained,
  overlong,
  acceleration,
  preconditioner,
  placeMetric,
  contraction,
  stalled,
  oneWell,
  smallGradient,
  jumps,
  mala,
  shipped,
]
