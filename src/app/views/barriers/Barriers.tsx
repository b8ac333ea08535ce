import type { BarrierSpec, EnergySpec } from '../../../lab/scene/sceneSpec.ts'
import { formatCoordinate, formatNumber } from '../../render/format.ts'
import { barriersOf, everyBarrier } from '../../stores/shelf/shelfStore.ts'
import { barrierName } from './edits.ts'
import { EDITORS, editorOf } from './registry.ts'
import { Ways } from './Ways.tsx'
import { useLab, useScene, useTool } from '../parts/context.ts'
import { Icon } from '../parts/Icon.tsx'
import { Figure, Slider } from '../parts/Slider.tsx'

/** Where the slider of a strength ends; stronger ones can be typed. */
const STRONGEST = 2

/** What takes the focus when the last barrier is gone. */
export const FIRST_OF_KEEP_OUT = 'keep-out-first'

/** Buttons that put a keep-out region on the stage. */
export function KeepOut() {
  const lab = useLab()
  const barriers = useScene((scene) => barriersOf(scene.energy))
  const halfWidth = useScene((scene) => scene.domain.halfWidth)
  const drawing = useTool((tool) => tool.drawing)
  return (
    <div className="keep-out" role="group" aria-labelledby="keep-out">
      <span id="keep-out">Keep out</span>
      {Object.values(EDITORS).map(({ name, create }, i) =>
        create === undefined ? null : (
          <button
            key={name}
            type="button"
            id={i === 0 ? FIRST_OF_KEEP_OUT : undefined}
            className="button"
            onClick={() => {
              lab.addBarrier(create(barriers, halfWidth))
            }}
          >
            {name}
          </button>
        ),
      )}
      <button
        type="button"
        className="button"
        aria-pressed={drawing}
        onClick={() => {
          lab.drawRegion(!drawing)
        }}
      >
        Draw region
      </button>
    </div>
  )
}

/** What the barriers of an energy add to it in the formula of the sum; nothing without any, and only walls before a filter. */
export function BarrierTerms({ energy }: { readonly energy: EnergySpec }) {
  const filtered = useScene(({ dynamics }) => dynamics.sampler === 'filter')
  const all = everyBarrier(energy)
  const soft = filtered ? 0 : all.filter(({ strength }) => strength > 0).length
  return (
    <>
      {soft === 1 && (
        <span className="nowrap">
          {' − '}
          <i>μ</i> log <i>h</i>
        </span>
      )}
      {soft > 1 && (
        <span className="nowrap">
          {' − Σ '}
          <i>μ</i>
          <sub>j</sub> log <i>h</i>
          <sub>j</sub>
        </span>
      )}
      {all.length > soft && (
        <span className="nowrap">
          {', '}
          <i>h</i> {'> 0'}
        </span>
      )}
    </>
  )
}

/** The barriers that stand on the stage. */
export function BarrierList() {
  const lab = useLab()
  const barriers = useScene((scene) => barriersOf(scene.energy))
  const filtered = useScene(({ dynamics }) => dynamics.sampler === 'filter')
  if (barriers.length === 0) return null
  return (
    <>
      <Ways />
      <ul className="barriers" aria-label="Barriers" data-testid="barriers">
        {barriers.map((barrier, index) => {
          const name = barrierName(barriers, index)
          return (
            <li key={index} data-kind={barrier.kind} data-strength={barrier.strength}>
              <div className="barrier-head">
                <span title={`h = ${editorOf(barrier).level}`}>{name}</span>
                <Shape barrier={barrier} name={name} index={index} />
                <button
                  type="button"
                  className="icon-button small"
                  aria-label={`Remove ${name}`}
                  onClick={() => {
                    lab.removeBarrier(index)
                    if (barriers.length === 1) document.getElementById(FIRST_OF_KEEP_OUT)?.focus()
                  }}
                >
                  <Icon name="close" />
                </button>
              </div>
              {!filtered && (
                <Slider
                  path="energy.barriers.strength"
                  label={`Strength μ of ${name}`}
                  caption={<i>μ</i>}
                  value={barrier.strength}
                  to={STRONGEST}
                  format={(value) => (value === 0 ? 'hard wall' : formatNumber(value, 2))}
                  onChange={(strength) => {
                    lab.editBarrier(index, { ...barrier, strength })
                  }}
                />
              )}
            </li>
          )
        })}
      </ul>
    </>
  )
}

interface ShapeProps {
  readonly barrier: BarrierSpec
  readonly name: string
  readonly index: number
}

/** What a barrier looks like, and the one number of it that is worth typing. */
function Shape({ barrier, name, index }: ShapeProps) {
  const lab = useLab()
  const editor = editorOf(barrier)
  const { hint, figure } = editor
  return (
    <span className="labelled" title={hint}>
      {editor.caption(barrier)}
      {figure !== undefined && (
        <Figure
          name={`${figure.name} of ${name}`}
          path={figure.path}
          value={figure.value(barrier)}
          shown={formatCoordinate(figure.value(barrier))}
          disabled={false}
          onChange={(value) => {
            lab.editBarrier(index, figure.set(barrier, value))
          }}
        />
      )}
    </span>
  )
}
