const PATHS = {
  play: 'M7 5.5v13l11-6.5z',
  pause: 'M7 5.5h3.6v13H7zM13.4 5.5H17v13h-3.6z',
  step: 'M6 5.5v13l8.5-6.5zM16 5.5h2.4v13H16z',
  restart: 'M12 5a7 7 0 1 1-6.6 4.7l2 .7A4.9 4.9 0 1 0 12 7.1v3L6.8 6.2 12 2.2z',
  link: 'M10.6 13.4a3.5 3.5 0 0 0 5 0l3-3a3.5 3.5 0 0 0-5-5l-1.3 1.3 1.4 1.4 1.3-1.3a1.5 1.5 0 0 1 2.2 2.2l-3 3a1.5 1.5 0 0 1-2.2 0zM13.4 10.6a3.5 3.5 0 0 0-5 0l-3 3a3.5 3.5 0 0 0 5 5l1.3-1.3-1.4-1.4-1.3 1.3a1.5 1.5 0 0 1-2.2-2.2l3-3a1.5 1.5 0 0 1 2.2 0z',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM11 2h2v3h-2zM11 19h2v3h-2zM2 11h3v2H2zM19 11h3v2h-3zM4.2 5.6l1.4-1.4 2.1 2.1-1.4 1.4zM16.3 17.7l1.4-1.4 2.1 2.1-1.4 1.4zM4.2 18.4l2.1-2.1 1.4 1.4-2.1 2.1zM16.3 6.3l2.1-2.1 1.4 1.4-2.1 2.1z',
  moon: 'M13 3a9 9 0 1 0 8 12.6A7.5 7.5 0 0 1 13 3z',
  export: 'M11 3h2v9l3-3 1.4 1.4L12 15.8l-5.4-5.4L8 9l3 3zM4 18h16v2H4z',
  close:
    'M6.4 5 5 6.4 10.6 12 5 17.6 6.4 19l5.6-5.6 5.6 5.6 1.4-1.4-5.6-5.6L19 6.4 17.6 5 12 10.6z',
  stage: 'M4 5h16v14H4zm2 2v10h12V7z',
  undo: 'M9 5 4 9.5 9 14v-3h5a3 3 0 0 1 0 6H8v2h6a5 5 0 0 0 0-10H9z',
  previous: 'M14.6 6 16 7.4 11.4 12 16 16.6 14.6 18l-6-6z',
  next: 'M9.4 6 8 7.4 12.6 12 8 16.6 9.4 18l6-6z',
  redo: 'M15 5l5 4.5-5 4.5v-3h-5a3 3 0 0 0 0 6h6v2h-6a5 5 0 0 1 0-10h5z',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fillRule="evenodd" />
    </svg>
  )
}
