import { EXPERIMENTS } from '../../lab/scene/experiments.ts'
import { useLab } from './parts/context.ts'

const GROUPS = [
  { group: 'theory', heading: 'What the theory says' },
  { group: 'target', heading: 'Energies learned beforehand' },
] as const

/** The scenes of the menu, by group. */
export function ExperimentList({ onChosen }: { readonly onChosen: () => void }) {
  const lab = useLab()
  return (
    <ul className="menu-list" aria-label="Experiments">
      {GROUPS.map(({ group, heading }) => (
        <li key={group}>
          <h3 id={`experiments-${group}`}>{heading}</h3>
          <ul aria-labelledby={`experiments-${group}`}>
            {EXPERIMENTS.filter((entry) => entry.group === group).map(
              ({ id, title, sentence, scene }) => (
                <li key={id}>
                  <button
                    type="button"
                    data-experiment={id}
                    onClick={() => {
                      onChosen()
                      lab.open(scene)
                    }}
                  >
                    <strong>{title}</strong>
                    <span>{sentence}</span>
                  </button>
                </li>
              ),
            )}
          </ul>
        </li>
      ))}
    </ul>
  )
}
