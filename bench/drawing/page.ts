import { prepareContext } from '../../src/app/render/canvas.ts'
import { createViewport } from '../../src/app/render/coordinates.ts'
import { createParticlePainter } from '../../src/app/render/stage/particles.ts'
import { PALETTES } from '../../src/app/render/theme.ts'

/** Runs in the browser: clouds drawn by the lab's painter and by what a canvas offers, in turn. */
interface DrawRequest {
  readonly particles: number
  /** Side of the picture, CSS pixels. */
  readonly side: number
  readonly samples: number
  /** A sample takes at least this long, ms. */
  readonly atLeast: number
}

/** Milliseconds a picture, by contender. */
export type DrawReply = Readonly<Record<string, readonly number[]>>

const HALF_WIDTH = 4

function drawAll({ particles, side, samples, atLeast }: DrawRequest): DrawReply {
  const surface = { width: side, height: side, ratio: 1 }
  const viewport = createViewport(surface, HALF_WIDTH)
  // Two lumps and a ring, moved a little from picture to picture.
  const clouds = [0, 1, 2, 3].map((phase) =>
    Float32Array.from({ length: 2 * particles }, (_, k) => {
      const i = k >> 1
      const angle = i * 2.39996 + 0.02 * phase
      const radius = 2.4 * Math.sqrt(((i * 7919) % particles) / particles)
      return radius * (k % 2 === 0 ? Math.cos(angle) : Math.sin(angle))
    }),
  )
  const unit = side / (2 * HALF_WIDTH)
  const painter = createParticlePainter()
  const palette = PALETTES.dark
  const contenders: Record<string, (context: CanvasRenderingContext2D, xy: Float32Array) => void> =
    {
      painter(context, xy) {
        painter.draw(context, viewport, { xy, previous: [], first: true }, 'langevin', palette)
      },
      fillRect(context, xy) {
        context.fillStyle = 'rgba(120, 180, 255, 0.5)'
        for (let k = 0; k < xy.length; k += 2)
          context.fillRect((xy[k]! + HALF_WIDTH) * unit, (HALF_WIDTH - xy[k + 1]!) * unit, 2, 2)
      },
      arc(context, xy) {
        context.fillStyle = 'rgba(120, 180, 255, 0.5)'
        for (let k = 0; k < xy.length; k += 2) {
          context.beginPath()
          context.arc((xy[k]! + HALF_WIDTH) * unit, (HALF_WIDTH - xy[k + 1]!) * unit, 1, 0, 7)
          context.fill()
        }
      },
    }
  const names = Object.keys(contenders)
  const canvases = names.map(() => document.body.appendChild(document.createElement('canvas')))
  /** Reading a pixel makes the browser finish the picture. */
  const picture = (which: number, phase: number) => {
    const context = prepareContext(canvases[which]!, surface)
    if (context === null) throw new Error('this browser gives no 2-D drawing context')
    contenders[names[which]!]!(context, clouds[phase % clouds.length]!)
    context.getImageData(0, 0, 1, 1)
  }
  const times = names.map((): number[] => [])
  for (let s = -1; s < samples; s++) {
    names.forEach((_, which) => {
      picture(which, 0)
      const start = performance.now()
      let drawn = 0
      do picture(which, ++drawn)
      while (performance.now() - start < atLeast)
      if (s >= 0) times[which]!.push((performance.now() - start) / drawn)
    })
  }
  for (const canvas of canvases) canvas.remove()
  return Object.fromEntries(names.map((name, which) => [name, times[which]!]))
}

declare global {
  interface Window {
    drawAll: (request: DrawRequest) => DrawReply
  }
}
window.drawAll = drawAll
