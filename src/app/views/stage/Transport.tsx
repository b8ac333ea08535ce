import { formatCount, formatTime } from '../../render/clockText.ts'
import { useLab, useLearning, useRun, useScene } from '../parts/context.ts'
import { Icon } from '../parts/Icon.tsx'
import { useEffect, useRef } from 'react'
import { createPart } from '../parts/lazyPart.tsx'
import { useSwipeIntent } from '../parts/useSwipeIntent.ts'

const LiveTransport = createPart(async () => (await import('./LiveTransport.tsx')).LiveTransport, {
  placeholder: <div className="transport" />,
})

const SPEEDS = [2, 6, 12, 24, 48, 96, 240]

/** Play, step, scrub. While a training has the stage, its own buttons steer, and these step back. */
export function Transport() {
  const lab = useLab()
  const live = useRun((state) => state.live !== null)
  const learning = useLearning()
  if (live) return <LiveTransport />
  if (learning) return <TrainingTransport />
  return (
    <div className="transport" role="group" aria-label="Playback">
      <PlayButton />
      <button
        type="button"
        className="icon-button"
        aria-label="Step"
        title="One step"
        onClick={() => {
          lab.playback.step()
        }}
      >
        <Icon name="step" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Restart"
        title="Again from step 0"
        onClick={() => {
          lab.playback.restart()
        }}
      >
        <Icon name="restart" />
      </button>
      <Scrubber />
      <Counter />
      <Speed />
      <PauseAtStop />
    </div>
  )
}

function TrainingTransport() {
  const { phase, step, steps, stage } = useRun((state) => state.training)
  return (
    <div className="transport" role="status">
      <p className="training-note">
        {phase === 'starting'
          ? 'Opening the training…'
          : `Particles follow the energy as it is learned · ${
              stage === 'warm-up' ? 'warm-up' : 'main phase'
            } · step ${formatCount(step)} of ${formatCount(steps)}${
              phase === 'paused' ? ' · paused' : ''
            }`}
      </p>
    </div>
  )
}

function PlayButton() {
  const lab = useLab()
  const running = useRun((state) => state.status === 'running')
  return (
    <button
      type="button"
      className="icon-button primary"
      aria-label={running ? 'Pause' : 'Play'}
      title={running ? 'Pause' : 'Play'}
      onClick={() => {
        if (running) lab.playback.pause()
        else lab.playback.play()
      }}
    >
      <Icon name={running ? 'pause' : 'play'} />
    </button>
  )
}

/** Back and forth through every step. Written past React, ten times a second while playing: it needs a layout. */
function Scrubber() {
  const lab = useLab()
  const ref = useRef<HTMLInputElement>(null)
  const steps = useRun((state) => state.run?.scene.dynamics.steps ?? 0)
  useEffect(() => {
    let shown = -1
    const show = () => {
      const input = ref.current
      if (input === null) return
      const { step } = lab.run.getState()
      if (step === shown && input.value === String(step)) return
      shown = step
      input.value = String(step)
      input.style.setProperty('--share', `${String((100 * step) / Math.max(1, steps))}%`)
      input.setAttribute('aria-valuetext', `step ${String(step)} of ${String(steps)}`)
    }
    show()
    return lab.run.subscribe(show)
  }, [lab, steps])
  const [swipe, take] = useSwipeIntent(
    (step) => {
      lab.playback.scrub(step)
    },
    () => {
      if (ref.current !== null) ref.current.value = String(lab.run.getState().step)
    },
  )
  return (
    <div className="scrubber">
      <input
        ref={ref}
        type="range"
        aria-label="Scrub"
        min={0}
        max={Math.max(1, steps)}
        step={1}
        defaultValue={0}
        {...swipe}
        onInput={(event) => {
          take(Number(event.currentTarget.value))
        }}
      />
    </div>
  )
}

/** k and t = kη, written past React, ten times a second while playing: faster is not read. */
function Counter() {
  const lab = useLab()
  // Before a run is there, as wide as it will be.
  const asked = useScene((scene) => scene.dynamics.steps)
  const steps = useRun((state) => state.run?.scene.dynamics.steps ?? null) ?? asked
  const stepSize = useRun((state) => state.run?.scene.dynamics.stepSize ?? null)
  const k = useRef<HTMLElement>(null)
  const t = useRef<HTMLElement>(null)
  useEffect(() => {
    let shown = -1
    const show = () => {
      const { step } = lab.run.getState()
      if (step === shown) return
      shown = step
      write(k.current, formatCount(step))
      write(t.current, formatTime(step, stepSize ?? 0.01))
    }
    show()
    return lab.run.subscribe(show)
  }, [lab, stepSize])
  return (
    <p className="counter">
      <span>
        <i>k</i> = <b ref={k} style={{ width: widthOf(formatCount(steps)) }} />
        <span className="of"> / {formatCount(steps)}</span>
      </span>
      <span className="time">
        <i>t</i> = <b ref={t} style={{ width: widthOf(formatTime(steps, stepSize ?? 0.01)) }} />
      </span>
    </p>
  )
}

/** Into the text that is there: another node would cost a style, too. A translated page has elements there. */
function write(element: HTMLElement | null, text: string): void {
  const there = element?.firstChild
  if (there instanceof Text && there === element?.lastChild) there.data = text
  else element?.replaceChildren(text)
}

/** Room for a number, its digits all equally wide. */
function widthOf(number: string): string {
  return `${String(number.length)}ch`
}

function Speed() {
  const lab = useLab()
  const speed = useScene((scene) => scene.view.speed)
  const choices = SPEEDS.includes(speed) ? SPEEDS : [...SPEEDS, speed].sort((a, b) => a - b)
  return (
    <label className="select speed">
      <span className="visually-hidden">Speed</span>
      <select
        value={speed}
        onChange={(event) => {
          const chosen = Number(event.target.value)
          lab.edit((scene) => ({ ...scene, view: { ...scene.view, speed: chosen } }))
        }}
      >
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {String(choice)} steps/s
          </option>
        ))}
      </select>
    </label>
  )
}

function PauseAtStop() {
  const lab = useLab()
  const on = useScene((scene) => scene.view.pauseAtStop)
  return (
    <label className="check" title="Halt the clock at the stopping step">
      <input
        type="checkbox"
        checked={on}
        onChange={(event) => {
          const pauseAtStop = event.target.checked
          lab.edit((scene) => ({ ...scene, view: { ...scene.view, pauseAtStop } }))
        }}
      />
      halt at the stop
    </label>
  )
}
