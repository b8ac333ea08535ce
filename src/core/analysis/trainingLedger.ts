/** What is read of the negative chains of a training at one of its steps, nats, at the temperature of the training. */
export interface ChainReading {
  /** −mean log π_θ(x_i) over the very chains. */
  readonly crossEntropy: number
  /** Ĥ of their law, and the standard error of crossEntropy − entropy, both of `nearestKl`. */
  readonly entropy: number
  readonly standardError: number
  /** Σ over all moves so far of the change of mean V/ε of the chains, θ being fixed during a move. */
  readonly moved: number
}

/** One line of the ledger, nats, counted from its first line: change = sampling + parameters. */
export interface LedgerLine {
  /** KL(chains‖π_θ). */
  readonly kl: number
  readonly standardError: number
  /**
   * Sum of the changes at fixed θ. For the law of the chains each is ≤ 0 where a move leaves π_θ as it is (the Lyapunov
   * property); this is read from finitely many chains and the estimate of their entropy, and may rise by its noise.
   */
  readonly sampling: number
  /** Sum of the changes at fixed chains, E_ρ[V_θ′ − V_θ]/ε + log Z_θ′ − log Z_θ, either sign. No estimate. */
  readonly parameters: number
  /** kl − kl of the first line. */
  readonly change: number
}

/**
 * The ledger of KL(chains‖π_θ) over a training, which alternates between moves of the chains at fixed θ and steps of θ at
 * fixed chains. KL = F − H with F = mean V/ε + log Z_θ. A step of θ changes F alone, by E_ρ[ΔV]/ε + Δ log Z; a move
 * changes mean V/ε, whose changes the training sums up as `moved`, and H. F at two lines, less what was moved between them,
 * is therefore the sum over all steps of θ between, exactly, whatever lies between the lines.
 * @param readings in order of step; the first opens the ledger
 */
export function trainingLedger(readings: readonly ChainReading[]): readonly LedgerLine[] {
  const open = readings[0]
  if (open === undefined) return []
  return readings.map(({ crossEntropy, entropy, standardError, moved }) => {
    const energy = moved - open.moved
    const sampling = energy - (entropy - open.entropy)
    const parameters = crossEntropy - open.crossEntropy - energy
    const kl = crossEntropy - entropy
    return {
      ...{ kl, standardError, sampling, parameters },
      change: kl - (open.crossEntropy - open.entropy),
    }
  })
}
