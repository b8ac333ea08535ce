import type {
  BlockResult,
  BlockState,
  BlockStep,
  ChainNegatives,
  Confinement,
  Negatives,
  TrainBlock,
} from '../block.ts'
import { splitTuples } from '../kernel.ts'
import { updateGroups } from './device.ts'
import type { NetworkOnDevice, ProgramName, Settings } from './device.ts'
import { REPORT, TUPLE, tupleWords } from './source.ts'

/**
 * Runs blocks of steps on a device, all in one submission: a step has a dispatch for its negatives, one for each part of its
 * tuples, and one that adds up their shares and updates θ.
 */
export function trainBlockOn(network: NetworkOnDevice): TrainBlock {
  return (confinement, state, steps) => trainBlock(network, confinement, state, steps)
}

async function trainBlock(
  network: NetworkOnDevice,
  confinement: Confinement,
  state: BlockState,
  steps: readonly BlockStep[],
): Promise<BlockResult> {
  const planned = steps.map((step) => programsOf(step))
  const compiled = new Map<string, Awaited<ReturnType<typeof network.program>>>()
  for (const { key, name, nodes } of planned.flat()) {
    if (!compiled.has(key)) compiled.set(key, await network.program(name, nodes))
  }
  const chains = steps.map(({ negatives }) => negatives).find((each) => each?.kind === 'chains')
  const chainGroups = chains === undefined ? 0 : Math.ceil(chains.count / network.tile)
  network.writeState(state.theta, state.mean, state.square)
  if (chains !== undefined) writeChains(network, chains, chainGroups, state)
  const length = steps.reduce((sum, { tuples }) => sum + tuples.c.length, 0)
  network.reserve('tuples', TUPLE * length)
  network.reserve('reports', REPORT * steps.length)

  let first = 0
  const dispatches = steps.flatMap((step, k) => {
    const { tuples, negatives, stride, scale } = step
    const points = tuples.c.length
    const count = negatives?.count ?? 0
    network.write('tuples', tupleWords(tuples), TUPLE * first)
    const parts = network.parts(tuples)
    const settings: Settings = {
      first,
      groups: parts.reduce((sum, part) => sum + part.settings.groups, 0),
      report: k,
      stride,
      scale,
      confine: 1,
      penaltyStart: confinement.penaltyStart,
      halfWidth: confinement.halfWidth,
      negatives: points - count,
      chainGroups: negatives?.kind === 'chains' ? chainGroups : 0,
      ...(negatives === null ? {} : negativeSettings(negatives)),
    }
    const programs = planned[k]!.map(({ key, name }) => {
      const program = { program: name, compiled: compiled.get(key)! }
      switch (name) {
        case 'chains':
          return { ...program, groups: chainGroups, settings }
        case 'langevin': {
          const groups = network.groupsFor(count, name)
          const place = TUPLE * (first + points - count)
          return { ...program, groups, settings: { ...settings, groups, first: place } }
        }
        case 'nodes': {
          const nodes = settings.count!
          const groups = network.groupsFor(nodes, name)
          network.reserve('nodes', 4 * nodes)
          return { ...program, groups, settings: { ...settings, groups } }
        }
        case 'adam':
          return { ...program, groups: updateGroups(network.layout), settings }
        default: {
          const part = parts.shift()!.settings
          const own = { ...part, first: first + part.first, negatives: part.points - count }
          return { ...program, groups: part.groups, settings: { ...settings, ...own } }
        }
      }
    })
    first += points
    return programs
  })

  const chainFloats = chains === undefined ? 0 : 2 * chains.count + 1
  const { stateLength } = network
  const found = await network.run(dispatches, [
    { name: 'state', floats: stateLength },
    { name: 'reports', floats: REPORT * steps.length },
    ...(chains === undefined ? [] : [{ name: 'chains' as const, floats: chainFloats }]),
  ])
  const reports = found.subarray(stateLength, stateLength + REPORT * steps.length)
  const left = found.subarray(stateLength + reports.length)
  return {
    ...network.readState(found),
    chains:
      chains === undefined
        ? state.chains
        : { xy: left.slice(0, 2 * chains.count), stepSize: left[2 * chains.count]! },
    losses: Float32Array.from(steps, (_, k) => reports[REPORT * k]!),
    acceptances: Float32Array.from(steps, (_, k) => reports[REPORT * k + 1]!),
    moved: Float32Array.from(steps, (_, k) => reports[REPORT * k + 3]!),
  }
}

interface Planned {
  readonly key: string
  readonly name: ProgramName
  readonly nodes: number
}

function programsOf({ tuples, negatives }: BlockStep): Planned[] {
  const planned = (name: ProgramName, nodes = 0): Planned => ({
    key: `${name} ${nodes}`,
    name,
    nodes,
  })
  const accumulating = splitTuples(tuples).map(({ w }) =>
    planned(w === null ? 'values' : 'gradients'),
  )
  const adam = planned('adam')
  switch (negatives?.kind) {
    case undefined:
      return [...accumulating, adam]
    case 'chains':
    case 'langevin':
      return [planned(negatives.kind), ...accumulating, adam]
    case 'quadrature': {
      const last = accumulating.pop()!
      if (last.name === 'gradients')
        throw new RangeError('quadrature: the negatives have terms in V alone')
      const resampled = planned('resampled', negatives.side * negatives.side)
      return [planned('nodes'), ...accumulating, resampled, adam]
    }
    default:
      return negatives satisfies never
  }
}

function negativeSettings(negatives: Negatives): Settings {
  const { seed, purpose, counter } = negatives
  const draws = { seed: seed >>> 0, purpose, counter: counter >>> 0 }
  switch (negatives.kind) {
    case 'chains':
      return {
        ...draws,
        count: negatives.count,
        side: negatives.jumps.side,
        moves: negatives.moves,
        clip: negatives.clip,
        acceptance: negatives.targetAcceptance,
        adaptation: negatives.adaptation,
        leastStep: negatives.leastStep,
        largestStep: negatives.largestStep,
      }
    case 'langevin':
      return {
        ...draws,
        count: negatives.count,
        moves: negatives.moves,
        total: negatives.moves,
        eta: negatives.eta,
        epsilon: negatives.epsilon,
        hot: negatives.hot,
        tau: negatives.rampFrom,
        pitch: TUPLE,
      }
    case 'quadrature':
      return { ...draws, count: negatives.side * negatives.side, side: negatives.side }
    default:
      return negatives satisfies never
  }
}

/** The chains, then d, room for what the workgroups count and sum up, and log q of the jumps. */
function writeChains(
  network: NetworkOnDevice,
  { count, jumps }: ChainNegatives,
  groups: number,
  { chains }: BlockState,
): void {
  if (chains?.xy.length !== 2 * count) {
    throw new RangeError(`chains: found ${(chains?.xy.length ?? 0) / 2}, the step moves ${count}`)
  }
  const words = new Float32Array(2 * count + 1 + 2 * groups + jumps.log.length)
  words.set(chains.xy)
  words[2 * count] = chains.stepSize
  words.set(jumps.log, 2 * count + 1 + 2 * groups)
  network.reserve('chains', words.length)
  network.write('chains', words)
}
