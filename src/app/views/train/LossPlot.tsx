import { useEffect, useRef } from 'react'
import { prepareContext } from '../../render/canvas.ts'
import { drawLossChart } from '../../render/charts/lossChart.ts'
import { usePalette, useRun } from '../parts/context.ts'
import { useSurface } from '../parts/useSurface.ts'

/** The losses of the training and, beneath, the quality that is measured as it goes. */
export function LossPlot() {
  const [holder, surface] = useSurface<HTMLDivElement>()
  const canvas = useRef<HTMLCanvasElement>(null)
  const palette = usePalette()
  const losses = useRun((state) => state.training.losses)
  const history = useRun((state) => state.training.history)
  const steps = useRun((state) => state.training.steps)
  useEffect(() => {
    if (canvas.current === null || surface === null) return
    const context = prepareContext(canvas.current, surface)
    if (context === null) return
    drawLossChart(context, surface, { losses, history, steps }, palette)
  }, [surface, losses, history, steps, palette])
  const last = history.at(-1)
  return (
    <div
      className="loss"
      ref={holder}
      data-testid="loss"
      data-losses={losses.length}
      data-loss={losses.at(-1)?.loss}
      data-kl={last?.klDataModel ?? undefined}
      data-cross-entropy={last?.crossEntropy ?? undefined}
    >
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Loss of the training and, measured as it goes, ${
          typeof last?.klDataModel === 'number'
            ? 'KL from the data to the model'
            : 'cross-entropy of the validation points'
        }`}
      />
    </div>
  )
}
