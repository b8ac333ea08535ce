import { expect, it } from 'vitest'
import { WORDS } from '../../core/analysis/stopping/advice.ts'
import { captionOf } from './captions.ts'
import { EXPERIMENTS } from './experiments.ts'
import { GLOSSARY } from './glossary.ts'

it('every verdict and every status has its card, under the name that the page shows', () => {
  for (const [id, word] of Object.entries(WORDS)) {
    // A dash is no word.
    if (id === 'untrained') continue
    const entry = Reflect.get(GLOSSARY, id) as { readonly name: string } | undefined
    expect(entry?.name.toLowerCase()).toBe(word)
  }
  for (const id of ['certificate', 'certificate-if', 'estimate', 'prediction', 'none'])
    expect(GLOSSARY).toHaveProperty(id)
})

it('every experiment of the theory has a caption of its own', () => {
  const shared = captionOf('')
  for (const { id, group } of EXPERIMENTS)
    if (group === 'theory') expect(captionOf(id), id).not.toBe(shared)
})

it('sentences of cards and captions end with a stop', () => {
  for (const { plainly, exactly, where } of Object.values(GLOSSARY))
    for (const text of [plainly, exactly, where]) expect(text).toMatch(/\.$/)
  for (const { id } of EXPERIMENTS)
    for (const text of Object.values(captionOf(id))) expect(text).toMatch(/[.?]$/)
})
