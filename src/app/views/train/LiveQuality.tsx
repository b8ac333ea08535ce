import { createPart } from '../parts/lazyPart.tsx'

/** The quality of the energy as it is shown, live; two parts of the page show it, and neither from the start. */
export const LiveQuality = createPart(
  async () => (await import('../stage/LiveFigure.tsx')).LiveFigure,
  {
    placeholder: <div className="live-quality" />,
  },
)
