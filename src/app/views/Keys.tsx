import { useEffect } from 'react'
import { attachKeys } from '../stores/keys.ts'
import { useLab } from './parts/context.ts'

/** Keys of the page: nothing to see. */
export function Keys() {
  const lab = useLab()
  useEffect(() => attachKeys(document, lab), [lab])
  return null
}
