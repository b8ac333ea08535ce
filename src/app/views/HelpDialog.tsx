import { GLOSSARY, type TermId } from '../../lab/scene/glossary.ts'
import { SHORTCUTS } from '../stores/keys.ts'
import { useLab, useTool } from './parts/context.ts'
import { Dialog } from './parts/Dialog.tsx'
import { Explained } from './parts/TermCard.tsx'

const STEPS: readonly (readonly [string, string])[] = [
  [
    'Watch.',
    'Left and right start from the same particles on the same landscape. Left, each step has noise; right, it has none.',
  ],
  [
    'Read.',
    'Below is how far they are from where they should be. The left curve falls; the right one turns up: without noise nothing promises arrival.',
  ],
  [
    'Stop.',
    'Drag the dashed line δ: the flag moves to where you may stop, and Certify says what that is worth.',
  ],
  ['Train.', 'Choose or draw a target and press Train: the landscape is learned while you watch.'],
  [
    'Compose.',
    'Put two energies into the tray. Their sum is a landscape again, with a law and a promise of its own.',
  ],
]

const WORDS = Object.keys(GLOSSARY) as TermId[]

/** First steps, the words and the keys of the page, and where it all comes from. */
export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  const lab = useLab()
  const takesKeys = useTool((tool) => tool.takesKeys)
  return (
    <Dialog title="Help" wide onClose={onClose}>
      <section className="help" aria-label="First steps">
        <h3>In a minute</h3>
        <ol>
          {STEPS.map(([word, sentence]) => (
            <li key={word}>
              <strong>{word}</strong> <span>{sentence}</span>
            </li>
          ))}
        </ol>
        <p className="quiet">
          Words with a dotted line explain themselves when pressed. The menu “Experiments” has a
          scene for each statement of the theory.
        </p>
      </section>
      <section className="help" aria-label="Keys">
        <h3>Keys</h3>
        <dl className="machine">
          {SHORTCUTS.map(({ shown, does }) => (
            <div key={shown}>
              <dt>
                <kbd>{shown}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
          <div>
            <dt>
              <kbd>Ctrl+Z</kbd>
            </dt>
            <dd>undo; with Shift redo</dd>
          </div>
        </dl>
        <label className="check">
          <input
            type="checkbox"
            checked={takesKeys}
            onChange={(event) => {
              lab.tool.setState({ takesKeys: event.target.checked })
            }}
          />
          keys work wherever no control has the focus
        </label>
      </section>
      <section className="help" aria-label="Words">
        <h3>Words and symbols</h3>
        <div className="glossary">
          {WORDS.map((id) => (
            <article key={id}>
              <Explained id={id} />
            </article>
          ))}
        </div>
      </section>
      <section className="help" aria-label="About">
        <h3>About</h3>
        <p>
          A laboratory for{' '}
          <a href="https://arxiv.org/abs/2605.05530" target="_blank" rel="noopener noreferrer">
            Energy Generative Modeling: A Lyapunov-based Energy Matching Perspective
          </a>{' '}
          (arXiv 2605.05530): one static energy generates, KL to its Gibbs measure is the Lyapunov
          function, and training and sampling are one dynamics from two starts. All is computed in
          this browser; nothing leaves it.
        </p>
        <p>
          <a href="licences.txt" target="_blank" rel="noopener">
            Licences of what this page is made of
          </a>
        </p>
      </section>
    </Dialog>
  )
}
