import { formatNats } from '../../render/format.ts'
import { useRun } from '../parts/context.ts'
import { Formula } from '../parts/Formula.tsx'

/** The quality of the energy as it is shown. */
export function LiveFigure() {
  const kl = useRun((state) => state.live?.progress?.klDataModel ?? null)
  const crossEntropy = useRun((state) => state.live?.progress?.crossEntropy ?? null)
  const known = useRun((state) => state.live?.taken?.transform === null)
  const value = kl ?? crossEntropy
  return (
    <div className="live-quality" data-testid="live-quality" data-value={value ?? undefined}>
      <p>
        <span>
          {known ? (
            <>
              KL(ρ*‖π<sub>θ</sub>)
            </>
          ) : (
            'Validation cross-entropy'
          )}
        </span>
        <b>{value === null ? '–' : formatNats(value)}</b> nats
      </p>
      <p className="quiet">
        {known ? (
          <Formula
            tex="\mathrm{KL}(\rho^*\|\pi_\theta)=\int_\Omega \rho^*\log(\rho^*/\pi_\theta)"
            plain="KL(ρ*‖π_θ) = ∫ ρ* log(ρ*/π_θ)"
          />
        ) : (
          <Formula
            tex="\min_\theta-\tfrac1m\sum_{j\ \text{validation}}\log\pi_\theta(x_j)"
            plain="−(1/m) Σ log π_θ(xⱼ) over the validation points, the least so far"
          />
        )}
      </p>
    </div>
  )
}
