interface UseButtonsProps {
  readonly disabled: boolean
  /** Whether a training may begin at once: not while one follows the drawing anyway. */
  readonly trains?: boolean
  readonly onUse: (train: boolean) => void
}

/** The two ways out of a dialog for data of one's own: as the target, or as the target that is trained on at once. */
export function UseButtons({ disabled, trains = true, onUse }: UseButtonsProps) {
  return (
    <>
      <button
        type="button"
        className={trains ? 'button' : 'button primary'}
        disabled={disabled}
        onClick={() => {
          onUse(false)
        }}
      >
        Use as target
      </button>
      {trains && (
        <button
          type="button"
          className="button primary"
          disabled={disabled}
          onClick={() => {
            onUse(true)
          }}
        >
          Use and train
        </button>
      )}
    </>
  )
}
