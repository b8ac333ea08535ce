import { useLab, useRun } from './context.ts'
import { Icon } from './Icon.tsx'

/** What a person should read: named, dismissible, announced. */
export function Notices() {
  const lab = useLab()
  const notices = useRun((state) => state.notices)
  return (
    <section className="notices" aria-label="Messages" aria-live="polite">
      {notices.map(({ id, level, text }) => (
        <div
          key={id}
          className="notice"
          data-level={level}
          role={level === 'error' ? 'alert' : 'note'}
        >
          <p>{text}</p>
          <button
            type="button"
            className="icon-button"
            aria-label="Dismiss message"
            onClick={() => {
              lab.dismissNotice(id)
            }}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </section>
  )
}
