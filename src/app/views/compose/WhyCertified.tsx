import { useEffect } from 'react'
import { isMixture } from '../../../lab/scene/composition.ts'
import { certifiedRows, identityAt, sharesOfError } from '../../render/charts/certifiedRows.ts'
import { formatCoordinate, formatNumber } from '../../render/format.ts'
import { nameOf } from '../../stores/shelf/shelfStore.ts'
import { useLab, useRun, useScene, useShelf } from '../parts/context.ts'
import { Formula } from '../parts/Formula.tsx'

/** What the composition on the stage inherits from its terms, what it does not, and whose the error is. */
export function WhyCertified() {
  const lab = useLab()
  useEffect(() => {
    lab.workOut('compose', ['spectralGapBound', 'terms'])
    return () => {
      lab.workOut('compose', [])
    }
  }, [lab])
  const energy = useScene((scene) => scene.energy)
  const target = useScene((scene) => scene.target)
  const shelf = useShelf((state) => state)
  const run = useRun((state) => state.run)
  const analysis = useRun((state) => state.analysis)
  const step = useRun((state) => state.step)
  if (run === null || energy.kind !== 'sum') return null
  const mixture = isMixture(energy)
  const { stepSize, epsilon, jumpEvery, sampler, metric } = run.scene.dynamics
  const walled = run.landscape.barriers.length > 0
  const rows = analysis === null || walled ? null : certifiedRows(run, analysis, mixture)
  const identity =
    analysis === null || stepSize === null || jumpEvery > 0
      ? null
      : identityAt(analysis, { stepSize, epsilon }, Math.max(1, step))
  // Temperature, barriers and the filter take π from the data as well.
  const shares = analysis === null || walled || epsilon !== 1 ? null : sharesOfError(analysis, step)
  return (
    <div className="why fold-body">
      {sampler === 'filter' && walled && (
        <p>
          The filter bends the drift, so that the particles do not rest at π: nothing is certified
          of them. What follows is of Langevin without it.
        </p>
      )}
      <ol>
        <li>
          <b>It has a law by formula.</b>{' '}
          <Formula tex="\pi=e^{-V/\varepsilon}/Z" plain="π = e^(−V/ε)/Z" /> with log Z ={' '}
          {formatNumber(run.landscape.logZ, 4)}.
        </li>
        <li>
          <b>KL to that law falls</b> under Langevin, whatever V is:{' '}
          <Formula tex="\mathrm{KL}'=-\varepsilon I\le 0" plain="KL′ = −εI ≤ 0" />
          {identity !== null && <>; {identity}</>}.
        </li>
        <li>
          {walled ? (
            <b>Beside barriers nothing is inherited:</b>
          ) : mixture ? (
            <b>Neither curvature nor rate is inherited.</b>
          ) : (
            <>
              <b>Curvature is inherited,</b> the rate is not.
            </>
          )}
          {rows === null ? (
            <span className="quiet">
              {walled
                ? ' V has no bound at them.'
                : metric !== undefined
                  ? ' These bounds are for Langevin without M(x).'
                  : analysis?.stage !== 'done'
                    ? ' The laws are being computed.'
                    : analysis.terms === undefined
                      ? ' The terms are being examined, in some seconds.'
                      : ' The examination of the terms was broken off.'}
            </span>
          ) : (
            <table className="constants" aria-label="What is inherited">
              <caption>
                {mixture
                  ? 'A mixture may bend down between its terms: no m and no L follows. '
                  : 'm = Σ wᵢmᵢ, with the largest curvature of a term where wᵢ < 0, and L = Σ |wᵢ|Lᵢ. '}
                Between two terms there may be a pass that neither has: no gap follows, and it is
                proved anew.
              </caption>
              <thead>
                <tr>
                  <td />
                  <th scope="col" title="m ≤ the least eigenvalue of ∇²V anywhere">
                    <i>m</i> ≥
                  </th>
                  <th scope="col" title="L ≥ the norm of ∇²V everywhere">
                    <i>L</i> ≤
                  </th>
                  <th scope="col" title="The spectral gap, proved: the rate at which χ² falls">
                    gap ≥
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map(({ name, weight, convexity, smoothness, gap }, i) => {
                  const term = energy.terms[i]
                  return (
                    <tr key={i} data-follows={name !== null}>
                      <th scope="row">
                        {name ??
                          `${formatCoordinate(weight ?? 1)} × ${term === undefined ? '' : nameOf(shelf, term.energy, term.target ?? target)}`}
                      </th>
                      <td>{convexity}</td>
                      <td>{smoothness}</td>
                      <td>{gap}</td>
                    </tr>
                  )
                })}
              </tbody>
            </table>
          )}
        </li>
        {shares !== null && (
          <li>
            <b>Whose error it is.</b> Held to the composition of what the terms were trained on:{' '}
            {shares}.
          </li>
        )}
      </ol>
    </div>
  )
}
