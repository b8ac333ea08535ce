import { describe, expect, it } from 'vitest'
import { INK, svg, textWidth, type Figure, type Panel } from './figure.ts'

const steps = [...Array(1000).keys()]
const panel: Panel = {
  x: { label: 'step k' },
  y: { label: 'KL, nats', scale: 'log' },
  series: [
    {
      name: 'exact <law>',
      colour: 'blue',
      points: steps.map((k) => [k, 5 * Math.exp(-k / 40)] as const),
    },
    {
      name: 'particles',
      colour: 'green',
      line: 'dots',
      points: steps.map((k) => [k, k % 7 === 0 ? Number.NaN : 1 - k / 500] as const),
      error: steps.map(() => 0.1),
    },
  ],
  rules: [{ name: 'a step that has a rather long name of its own', colour: 'red', at: { x: 40 } }],
}
const figure: Figure = { name: 'f', alt: 'a & b', caption: 'c', panels: [panel, panel] }

/** Contrast of two colours, WCAG 2. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => {
    const [r, g, blue] = [1, 3, 5].map((i) => {
      const c = parseInt(hex.slice(i, i + 2), 16) / 255
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
    }) as [number, number, number]
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue
  }
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

describe('svg', () => {
  const text = svg(figure)

  it('is well-formed, escaped and light', () => {
    const open = text.match(/<(?!\/|\?)[a-zA-Z]+(?:[^>]*[^/])?>/gu)?.length
    expect(open).toBe(text.match(/<\/[a-zA-Z]+>/gu)?.length)
    expect(text).toContain('<title>a &amp; b</title>')
    expect(text).toContain('exact &lt;law&gt;')
    expect(text).not.toMatch(/NaN|Infinity|undefined/u)
    expect(text.length).toBeLessThan(60_000)
  })

  it('says what the axes are, once a panel', () => {
    expect(text.match(/>KL, nats</gu)).toHaveLength(2)
    expect(text.match(/>step k</gu)).toHaveLength(2)
    expect(text.match(/>10⁻⁴</gu)).not.toBeNull()
  })

  it('wraps the legend: names of one row do not run into each other or over the edge', () => {
    const rows = new Map<string, [number, number][]>()
    for (const [, x, y, name] of text
      .slice(0, text.indexOf('</clipPath>'))
      .matchAll(/translate\(([\d.]+) (\d+)\)"><(?:path|circle)[^>]*><text[^>]*>([^<]*)</gu))
      rows.set(y!, [
        ...(rows.get(y!) ?? []),
        [Number(x), textWidth(name!.replaceAll(/&.t;/gu, '<'))],
      ])
    expect([...rows.values()].flat()).toHaveLength(3)
    for (const row of rows.values())
      row.forEach(([x, width], i) => {
        expect(x + width).toBeLessThanOrEqual(row[i + 1]?.[0] ?? 410)
      })
  })

  it.each(Object.entries(INK).filter(([name]) => name !== 'grid'))(
    'draws %s so that it reads on white and on near black',
    (name, colour) => {
      const least = name === 'text' ? 4 : 3
      expect(contrast(colour, '#ffffff')).toBeGreaterThanOrEqual(least)
      expect(contrast(colour, '#0d1117')).toBeGreaterThanOrEqual(least)
    },
  )
})
