import type { SceneSpec } from '../scene/sceneSpec.ts'
import { aboutLines, type About } from './about.ts'

/** Why the chain of a scene is not the one that the script has, a clause; null: it is. */
export function otherChain({ dynamics, energy }: SceneSpec): string | null {
  if (energy.kind === 'sum' && energy.barriers.length > 0)
    return 'keep-out regions stand beside the table'
  if (dynamics.sampler !== 'langevin') return `its sampler is ${dynamics.sampler}`
  if (dynamics.metric !== undefined) return 'its metric depends on the place'
  if (dynamics.jumpEvery > 0) return 'it jumps'
  return dynamics.initial.kind === 'data' ? 'it starts at the data' : null
}

/** The start as an expression in Python, by `rng`, `n` and the energy `V`. */
function startOf({ initial }: SceneSpec['dynamics']): string {
  const list = (values: readonly number[]) => `[${values.join(', ')}]`
  switch (initial.kind) {
    case 'gaussian': {
      const covariance = initial.covariance.map(list).join(', ')
      return `inside(lambda m: rng.multivariate_normal(${list(initial.mean)}, [${covariance}], m))`
    }
    case 'point':
      return `inside(lambda m: rng.normal(${list(initial.at)}, ${initial.spread}, (m, 2)))`
    case 'uniform':
      return `inside(lambda m: rng.uniform(-${initial.halfWidth}, ${initial.halfWidth}, (m, 2)))`
    case 'gibbs':
      return 'inside(at_rest)'
    // Of a start at the data the script runs no chain.
    case 'data':
      return 'np.zeros((n, 2))'
    default:
      return initial satisfies never
  }
}

/**
 * A script for Python with NumPy alone: V and ∇V of the exported table by the lab's bicubic Hermite interpolation, and the Langevin
 * chain of the scene, the same law with other random numbers, walls folded; it prints E[V] and KL by a histogram.
 * @param scene as it ran, with the step size filled in
 * @param grid name of the exported table
 */
export function pythonScript(about: About, scene: SceneSpec, grid: string): string {
  const { stepSize, steps, particles, skew, preconditioner } = scene.dynamics
  const other = otherChain(scene)
  const chain =
    other === null
      ? `    chain(V, rng)`
      : `    print("The chain of this scene is not run: ${other}.")`
  return `"""
${aboutLines(about, 'an energy and its Langevin chain, with NumPy alone').join('\n')}

usage: python3 langevin.py [grid.npz]
"""
import sys

import numpy as np

GRID = "${grid}"
ETA = ${stepSize ?? 0.01}
STEPS = ${steps}
PARTICLES = ${particles}
SEED = ${about.seed}
# x <- fold(x - eta (P + gamma J) grad V + xi), xi ~ N(0, 2 eta epsilon P), J = [[0, 1], [-1, 0]]
P = np.array([[${preconditioner[0].join(', ')}], [${preconditioner[1].join(', ')}]], float)
GAMMA = ${skew}


class Energy:
    """V of the table: bicubic Hermite interpolation; points outside of the box are clamped to it."""

    def __init__(self, path):
        data = np.load(path)
        self.v, self.vx = data["V"].ravel(), data["V_x"].ravel()
        self.vy, self.vxy = data["V_y"].ravel(), data["V_xy"].ravel()
        self.half_width, self.epsilon = float(data["halfWidth"]), float(data["epsilon"])
        self.log_z, self.cells = float(data["log_Z"]), len(data["x"]) - 1

    def __call__(self, xy):
        """V, shape (n,), and its gradient, shape (n, 2), at points of shape (n, 2)."""
        n, w = self.cells, self.half_width
        h = 2 * w / n
        s = np.clip((np.asarray(xy, float) + w) / h, 0, n)
        cell = np.minimum(s.astype(int), n - 1)
        (t, u), (column, row) = (s - cell).T, cell.T
        low = row * (n + 1) + column
        high = low + n + 1
        t1, u1 = 1 - t, 1 - u
        a0, a1 = (1 + 2 * t) * t1 * t1, t * t * (3 - 2 * t)
        b0, b1 = h * t * t1 * t1, -h * t * t * t1
        da, db0, db1 = 6 * t * t1 / h, t1 * (1 - 3 * t), t * (3 * t - 2)

        def along(f, fx, k):
            """A function and its slope along x, on the line of nodes that k is on."""
            value = f[k] * a0 + f[k + 1] * a1 + fx[k] * b0 + fx[k + 1] * b1
            return value, (f[k + 1] - f[k]) * da + fx[k] * db0 + fx[k + 1] * db1

        p0, dp0 = along(self.v, self.vx, low)
        p1, dp1 = along(self.v, self.vx, high)
        q0, dq0 = along(self.vy, self.vxy, low)
        q1, dq1 = along(self.vy, self.vxy, high)
        c0, c1, d0, d1 = (1 + 2 * u) * u1 * u1, u * u * (3 - 2 * u), u * u1 * u1, u * u * u1
        value = p0 * c0 + p1 * c1 + h * (q0 * d0 - q1 * d1)
        slope_x = dp0 * c0 + dp1 * c1 + h * (dq0 * d0 - dq1 * d1)
        slope_y = (p1 - p0) * 6 * u * u1 / h + q0 * u1 * (1 - 3 * u) + q1 * u * (3 * u - 2)
        return value, np.stack([slope_x, slope_y], axis=1)


def fold(x, w):
    """Reflects coordinates at the walls of the box, as often as it takes: the lab does the same."""
    t = np.mod(x + w, 4 * w)
    return np.where(t <= 2 * w, t - w, 3 * w - t)


def start(V, rng):
    """The start of the scene, within the box."""
    n, w = PARTICLES, V.half_width
    least = V.v.min()

    def at_rest(m):
        places = rng.uniform(-w, w, (m, 2))
        return places[rng.random(m) < np.exp((least - V(places)[0]) / V.epsilon)]

    def inside(draw):
        found = np.empty((0, 2))
        while len(found) < n:
            more = draw(n)
            found = np.concatenate([found, more[(np.abs(more) <= w).all(axis=1)]])
        return found[:n]

    return ${startOf(scene.dynamics)}


def kl_by_histogram(V, xy, bins=32):
    """KL of the particles' histogram to that of e^(-V/epsilon)/Z, nats, without its mean excess (cells - 1)/(2n)."""
    w, fine = V.half_width, 8
    line = (np.arange(bins * fine) + 0.5) * 2 * w / (bins * fine) - w
    x, y = np.meshgrid(line, line)
    density = np.exp(-V(np.stack([x.ravel(), y.ravel()], 1))[0] / V.epsilon - V.log_z)
    mass = density.reshape(bins, fine, bins, fine).sum(axis=(1, 3)) * (2 * w / (bins * fine)) ** 2
    counts, _, _ = np.histogram2d(xy[:, 1], xy[:, 0], bins, [[-w, w], [-w, w]])
    share, full = counts / len(xy), counts > 0
    return (share[full] * np.log(share[full] / mass[full])).sum() - (full.sum() - 1) / (2 * len(xy))


def chain(V, rng):
    """Runs the chain and prints what it has come to; returns the particles."""
    xy = start(V, rng)
    drift = ETA * (P + GAMMA * np.array([[0, 1], [-1, 0]]))
    root = np.linalg.cholesky(2 * ETA * V.epsilon * P)
    for step in range(STEPS + 1):
        if step > 0:
            xy = xy - V(xy)[1] @ drift.T + rng.standard_normal(xy.shape) @ root.T
            xy = fold(xy, V.half_width)
        if step in (0, STEPS) or step % max(1, STEPS // 10) == 0:
            values = V(xy)[0]
            error = values.std() / len(values) ** 0.5
            print(f"step {step}: E[V] = {values.mean():.6f} +- {error:.6f}, KL = {kl_by_histogram(V, xy):.4f} nats")
    return xy


if __name__ == "__main__":
    V, rng = Energy(sys.argv[1] if len(sys.argv) > 1 else GRID), np.random.default_rng(SEED)
${chain}
`
}
