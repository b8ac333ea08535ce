import { formatShare } from '../../render/format.ts'

/** An entry of the outcome of a training. */
export function StrayStart({ share }: { readonly share: number | null }) {
  return (
    <div title="Share of N(0, I) that starts in wells holding less than 0.1 % of π: under the gradient flow it never reaches the data, under Langevin dynamics hardly ever">
      <dt>Stray start</dt>
      <dd>{formatShare(share, 2)}</dd>
    </div>
  )
}
