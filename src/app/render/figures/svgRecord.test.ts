import { expect, test } from 'vitest'
import { chartData, DECAY } from '../charts/charts.testing.ts'
import { lyapunovPicture } from '../charts/lyapunovPicture.ts'
import { PALETTES } from '../theme.ts'
import { chartSvg, COLUMN_WIDTHS } from './figures.ts'
import { SvgRecord } from './svgRecord.ts'

/** Every letter as wide as half its height, which is near the truth and needs no browser. */
const measure = (text: string, font: string) =>
  (text.length * Number(/([\d.]+)px/u.exec(font)![1])) / 2

const attributes = (svg: string, element: string, name: string) =>
  [...svg.matchAll(new RegExp(`<${element} [^>]*\\b${name}="([^"]*)"`, 'gu'))].map(([, v]) => v)

test('lengths are scaled to points, colours lose their alpha to an attribute, texts are escaped', () => {
  const record = new SvgRecord(0.5, measure)
  record.strokeStyle = 'rgba(1, 2, 3, 0.5)'
  record.globalAlpha = 0.5
  record.lineWidth = 3
  record.beginPath()
  record.lineTo(1, 2)
  record.lineTo(5, 2)
  record.stroke()
  record.font = '600 12px A, "B"'
  record.textBaseline = 'middle'
  record.fillText('a < b & "c"', 10, 10)
  const svg = record.svg(100, 50, 'says <it>')
  expect(svg).toContain('width="50pt" height="25pt" viewBox="0 0 50 25"')
  expect(svg).toContain(
    '<path d="M0.5 1L2.5 1" fill="none" stroke="rgb(1, 2, 3)" stroke-opacity="0.25" stroke-width="1.5"',
  )
  expect(svg).toContain('font-family="A, &quot;B&quot;" font-size="6" font-weight="600"')
  expect(svg).toContain('y="7.1"')
  expect(svg).toContain('>a &lt; b &amp; &quot;c&quot;</text>')
  expect(svg).toContain('<desc>says &lt;it&gt;</desc>')
})

test('what is clipped stands in a group that ends where the canvas takes the clip back', () => {
  const record = new SvgRecord(1, measure)
  record.save()
  record.beginPath()
  record.rect(0, 0, 4, 4)
  record.clip()
  record.fillStyle = '#f00'
  record.fillRect(1, 1, 1, 1)
  record.restore()
  record.fillRect(2, 2, 1, 1)
  const [, , clip, open, inside, close, outside] = record.svg(5, 5, '').split('\n')
  expect(clip).toMatch(/^<clipPath id="(r\d+c0)"><path d="M0 0h4v4h-4Z" clip-rule="nonzero"\/>/u)
  expect(open).toMatch(/^<g clip-path="url\(#r\d+c0\)">$/u)
  expect([inside, close, outside]).toEqual([
    '<rect x="1" y="1" width="1" height="1" fill="#f00"/>',
    '</g>',
    '<rect x="2" y="2" width="1" height="1" fill="#000"/>',
  ])
})

test('a chart for paper: its width in millimetres, text of 8 points, curves as lines, the caption whole', () => {
  const picture = lyapunovPicture(chartData(DECAY))
  const caption =
    'two-moons, seed 1 · step 40 · η 0.01 · ε 1 · KL 0.1 ± 0.01 nats · Lyapunov Lab 0.1.0'
  for (const millimetres of COLUMN_WIDTHS) {
    const svg = chartSvg({ picture, cursor: 40, caption }, millimetres, PALETTES.light, measure)
    const [width] = attributes(svg, 'svg', 'width')
    expect(Number(width!.replace('pt', ''))).toBeCloseTo((millimetres * 72) / 25.4, 1)
    const sizes = new Set(attributes(svg, 'text', 'font-size').map(Number))
    expect([...sizes].every((size) => size >= 7 && size <= 8)).toBe(true)
    expect(attributes(svg, 'path', 'stroke')).toContain(PALETTES.light.langevin.base)
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    const said = [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/gu)].map(([, text]) => text)
    expect(said.join(' · ')).toContain('Lyapunov Lab 0.1.0')
    // As many groups end as begin.
    expect(svg.split('<g ')).toHaveLength(svg.split('</g>').length)
  }
})
