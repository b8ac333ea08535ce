import { aboutLines, type About } from './about.ts'

/** The paper that the lab follows, and the lab, for a list of references. */
export function citation({ version, link }: About): string {
  const url = link?.split('#')[0] ?? ''
  return `@misc{wang2026energy,
  title         = {Energy Generative Modeling: A Lyapunov-based Energy Matching Perspective},
  author        = {Wang and Xue and Dixon},
  year          = {2026},
  eprint        = {2605.05530},
  archivePrefix = {arXiv},
  url           = {https://arxiv.org/abs/2605.05530}
}

@software{lyapunovlab,
  title   = {Lyapunov Lab: an in-browser laboratory for energy generative modelling},
  version = {${version}},
  year    = {2026},
  url     = {${url}}
}
`
}

/** What is in a file of a bundle, by the beginning of its name. */
const CONTENTS: readonly (readonly [begins: string, text: string])[] = [
  ['scene.json', 'the scene, every default filled in; a bundle with the bytes that it names'],
  ['result.json', 'the whole run: curves, constants, stopping reports, training'],
  ['curves.csv', 'the curves of result.json, each column with its unit'],
  ['particles.csv', 'both clouds at one step, in float32'],
  ['grid.npz', 'V, V_x, V_y, V_xy on the nodes, epsilon, halfWidth, log_Z; numpy.load'],
  ['langevin.py', 'reads grid.npz with numpy alone and runs the same chain'],
  ['energy-', 'weights of a network (safetensors); the lab takes them as an energy of a scene'],
  ['data-', 'data points of the target'],
  ['citation.bib', 'what to cite'],
]

/**
 * README.txt of a run bundle.
 * @param names of the other files
 * @param missing bytes that the link names and does not hold
 */
export function readme(about: About, names: readonly string[], missing: readonly string[]): string {
  const width = Math.max(...names.map((name) => name.length))
  const contents = names.map((name) => {
    const text = CONTENTS.find(([begins]) => name.startsWith(begins))?.[1] ?? ''
    return `  ${name.padEnd(width)}  ${text}`
  })
  const lost =
    missing.length === 0
      ? []
      : [
          'The link names what only the browser or the folder that made it has; scene.json holds it:',
          ...missing.map((name) => `  ${name}`),
          '',
        ]
  return `${[
    ...aboutLines(about, 'a run'),
    '',
    ...contents,
    '',
    ...lost,
    'The same files without a browser, from a checkout of the lab:',
    '  npm run --silent experiment -- scene.json --out out --export',
    'They are in out/export. On a CPU backend the numbers are the same to the last digit.',
    '',
    'Units: length, the world unit of the plane; energy, that of V and of the temperature epsilon;',
    'time = length^2/energy, that of the step size; nats. docs/export.md says more.',
    '',
    'Please cite (citation.bib):',
    '  Wang, Xue, Dixon: Energy Generative Modeling: A Lyapunov-based Energy Matching Perspective.',
    '  arXiv 2605.05530.',
  ].join('\n')}\n`
}
