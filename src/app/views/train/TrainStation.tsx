import { useMemo, useState } from 'react'
import { BUILT_IN_TARGETS, defaultTarget, isTargetId } from '../../../lab/scene/defaults.ts'
import type { TargetSpec } from '../../../lab/scene/sceneSpec.ts'
import { shortLabel, targetLabel } from '../../stores/labels.ts'
import { sameTarget } from '../../stores/shelf/manifest.ts'
import { quantitiesOf } from '../../stores/shelf/cards.ts'
import { targetOfDataSet, thumbnailKey } from '../../stores/shelf/shelfStore.ts'
import { useLab, useScene, useShelf } from '../parts/context.ts'
import { Icon } from '../parts/Icon.tsx'
import { Boundary } from '../parts/Boundary.tsx'
import { createPart } from '../parts/lazyPart.tsx'
import { Recipe } from './Recipe.tsx'
import { Thumbnail } from '../parts/Thumbnail.tsx'
import { TrainingPanel } from './TrainingPanel.tsx'

/** Station 1: what to learn, and learning it. */
export function TrainStation() {
  return (
    <section className="station train" aria-labelledby="train-heading">
      <h2 id="train-heading">
        <span>1</span> Train
      </h2>
      <Gallery />
      <OwnData />
      <TrainingPanel />
      <Recipe />
    </section>
  )
}

interface Choice {
  readonly id: string
  readonly label: string
  readonly target: TargetSpec
  readonly own: boolean
}

const BUILT_IN: readonly Choice[] = BUILT_IN_TARGETS.map((kind) => {
  const target = defaultTarget(kind)
  return { id: kind, label: targetLabel(target), target, own: false }
})

function Gallery() {
  const lab = useLab()
  const target = useScene((scene) => scene.target)
  const dataSets = useShelf((state) => state.dataSets)
  const thumbnails = useShelf((state) => state.targetThumbnails)
  const choices = useMemo<readonly Choice[]>(
    () => [
      ...BUILT_IN,
      ...dataSets.map((set) => ({
        id: set.id,
        label: set.label,
        target: targetOfDataSet(set),
        own: true,
      })),
    ],
    [dataSets],
  )
  const shelf = useShelf((state) => state)
  const quantityNames = (of: TargetSpec) =>
    (quantitiesOf(shelf, of) ?? []).map(({ name, unit }) =>
      unit === '' ? name : `${name} (${unit})`,
    )
  const isChosen = (choice: Choice) =>
    isTargetId(choice.target.kind)
      ? choice.target.kind === target.kind
      : sameTarget(choice.target, target)
  return (
    <div className="gallery" role="radiogroup" aria-label="Target">
      {choices.map((choice) => (
        <label
          key={choice.id}
          className="target"
          title={[choice.label, ...quantityNames(choice.target)].join(' · ')}
        >
          <input
            type="radio"
            name="target"
            value={choice.id}
            aria-label={choice.label}
            checked={isChosen(choice)}
            onChange={() => {
              lab.selectTarget(choice.target)
            }}
          />
          <Thumbnail raster={thumbnails[thumbnailKey(choice.target)] ?? null} size={60} />
          <span aria-hidden="true">{choice.own ? choice.label : shortLabel(choice.target)}</span>
          {choice.own && (
            <button
              type="button"
              className="remove"
              aria-label={`Remove the data ${choice.label}`}
              onClick={(event) => {
                event.preventDefault()
                lab.remove(choice.id)
              }}
            >
              <Icon name="close" />
            </button>
          )}
        </label>
      ))}
    </div>
  )
}

interface DialogProps {
  readonly onClose: () => void
}

function createDialog(load: () => Promise<(props: DialogProps) => React.ReactNode>) {
  return createPart<DialogProps>(load, {
    onFailure: ({ onClose }) => {
      onClose()
    },
  })
}

const DrawDialog = createDialog(async () => (await import('./DrawDialog.tsx')).DrawDialog)
const UploadDialog = createDialog(async () => (await import('./UploadDialog.tsx')).UploadDialog)
const PasteDialog = createDialog(async () => (await import('./UploadDialog.tsx')).PasteDialog)

/** Targets of one's own: drawn, from a file, pasted. */
function OwnData() {
  const lab = useLab()
  const [open, setOpen] = useState<'draw' | 'upload' | 'paste' | null>(null)
  const close = () => {
    setOpen(null)
  }
  return (
    <div className="own-data" role="group" aria-label="Your own data">
      <button
        type="button"
        className="button"
        onClick={() => {
          setOpen('draw')
        }}
      >
        Draw
      </button>
      <button
        type="button"
        className="button"
        onClick={() => {
          setOpen('upload')
        }}
      >
        Upload CSV
      </button>
      <button
        type="button"
        className="button"
        onClick={() => {
          setOpen('paste')
        }}
      >
        Paste
      </button>
      <Boundary lab={lab} part="The dialog">
        <div className="dialogs">
          {open === 'draw' && <DrawDialog onClose={close} />}
          {open === 'upload' && <UploadDialog onClose={close} />}
          {open === 'paste' && <PasteDialog onClose={close} />}
        </div>
      </Boundary>
    </div>
  )
}
