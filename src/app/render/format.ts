import {
  ABSENT,
  decimalExponent,
  formatCount,
  formatNumber,
  signed,
  superscript,
} from '../../core/maths/numberText.ts'

export { formatDown, formatUp, natsDown, natsUp } from '../../core/maths/limitText.ts'
export {
  ABSENT,
  counted,
  formatCount,
  formatNats,
  formatNatsWithError,
  formatNumber,
  formatShare,
} from '../../core/maths/numberText.ts'

export { formatTime } from './clockText.ts'

/** Steps a second: "0.42", "8.3", "142", "1 250". */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return formatNumber(perSecond)
  if (perSecond >= 1000) return formatCount(Math.round(perSecond / 10) * 10)
  if (perSecond >= 20) return String(Math.round(perSecond))
  if (perSecond >= 1) return perSecond.toFixed(1)
  return perSecond.toFixed(2)
}

/** Wall time: "0.4 s", "12 s", "3:05", "1:02:09". */
export function formatDuration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return ABSENT
  const s = Math.max(0, seconds)
  if (s < 9.95) return `${s.toFixed(1)} s`
  const whole = Math.round(s)
  if (whole < 60) return `${whole} s`
  const two = (n: number): string => String(n).padStart(2, '0')
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`
}

/** A coordinate in world units, two decimals, no negative zero. */
export function formatCoordinate(value: number): string {
  const text = value.toFixed(2)
  return signed(text === '-0.00' ? '0.00' : text)
}

/** "0.500" → "0.5", for ticks, which are round numbers. Powers of ten stay as they are. */
export function trimZeros(text: string): string {
  return text.includes('.') && !text.includes('·') ? text.replace(/\.?0+$/, '') : text
}

/** A tick of a logarithmic axis: plain decimals between 0.001 and 1000, powers of ten beyond. */
export function formatLogTick(value: number): string {
  if (value === 0) return '0'
  const exponent = decimalExponent(value)
  if (exponent >= -3 && exponent <= 3) return signed(String(Number(value.toPrecision(3))))
  const [mantissa, power] = value.toExponential(0).split('e')
  const factor = mantissa === '1' ? '' : mantissa === '-1' ? '-' : `${mantissa!}·`
  return signed(`${factor}10${superscript(Number(power))}`)
}
