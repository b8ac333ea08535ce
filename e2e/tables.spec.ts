import { decodeLocation } from '../src/lab/scene/link/urlCodec.ts'
import { expect, test } from './fixtures.ts'
import { openStill, reload, stage } from './lab.ts'

/** Interleaved sequences that fill a square, by 150 rows, as a workbook in a German office saves them. */
const ROWS = Array.from({ length: 150 }, (_, i) =>
  [i + 1, 'ok', ((i * 0.618034) % 1) + 2, ((i * 0.754878) % 1) - 0.5, 1 + ((i * 0.569841) % 1)]
    .map((cell) => (typeof cell === 'number' && !Number.isInteger(cell) ? cell.toFixed(3) : cell))
    .join(';')
    .replaceAll('.', ','),
)
const TABLE = [
  '# spring',
  ';note;length;width;mass',
  ';;cm;cm;mg',
  ...ROWS,
  '151;ok;NA;0,1;1',
  '152;far;90000;0,1;1',
].join('\r\n')

// One page for all: opening it takes longer than they do.
test('data of one’s own come as tables and as texts', async ({ page }) => {
  await openStill(page)

  await test.step('numbers that either decimal sign reads are named, and decided by a button', async () => {
    await page.getByRole('button', { name: 'Paste', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Paste points' })
    const amounts = Array.from({ length: 40 }, (_, i) =>
      [100 + ((i * 7919) % 40009), 250 + ((i * 104729) % 90001)]
        .map((cell) => String(cell).replace(/\B(?=(\d{3})+$)/g, '.'))
        .join(';'),
    )
    await dialog.getByRole('textbox', { name: 'Points' }).fill(amounts.join('\n'))
    const sign = dialog.getByRole('combobox', { name: 'Decimal sign' })
    await expect(sign).toHaveValue('comma')
    const remark = dialog.getByText(
      / in column 1 was read as 8019, since whole numbers such as 100 /,
    )
    await expect(remark).toBeVisible()
    await dialog.getByRole('button', { name: 'Decimal sign: point' }).click()
    await expect(sign).toHaveValue('point')
    await expect(remark).toBeHidden()
    await page.keyboard.press('Escape')
    await expect(dialog).toBeHidden()
  })

  await test.step('pasted points keep their digits, however small, in the link as well', async () => {
    const points = Array.from({ length: 200 }, (_, i) => [
      Number((2e-4 * Math.sin(7 * i)).toPrecision(6)),
      Number((2e-4 * Math.cos(i * i)).toPrecision(6)),
    ])
    await page.getByRole('button', { name: 'Paste', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Paste points' })
    await dialog
      .getByRole('textbox', { name: 'Points' })
      .fill(points.map(([x, y]) => `${String(x)}\t${String(y)}`).join('\n'))
    await expect(dialog.getByText('200 points', { exact: true })).toBeVisible()
    await dialog.getByRole('button', { name: 'Use as target' }).click()
    await expect(dialog).toBeHidden()
    await expect(page.getByRole('radio', { name: '200 points' })).toBeChecked()
    await expect
      .poll(() => decodeLocation(new URL(page.url()).hash).scene.target)
      .toEqual({
        kind: 'points',
        points,
      })
  })

  await test.step('a table of one’s own is shown as it was read, decided by hand, and kept so', async () => {
    await page.getByRole('button', { name: 'Upload CSV' }).click()
    const dialog = page.getByRole('dialog', { name: 'Upload a table' })
    await dialog.getByLabel('Table file').setInputFiles({
      name: 'flowers.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(`\uFEFF${TABLE}`, 'utf16le'),
    })
    const choice = (name: string) => dialog.getByRole('combobox', { name })
    await expect(dialog.getByText('151 points', { exact: true })).toBeVisible()
    await expect(dialog.getByText('UTF-16 LE')).toBeVisible()
    await expect(choice('Separator')).toHaveValue('semicolon')
    await expect(choice('Decimal sign')).toHaveValue('comma')
    await expect(choice('Across')).toHaveValue('2')
    await expect(dialog.getByRole('columnheader', { name: 'length (cm)' })).toBeVisible()
    await expect(dialog.getByRole('row').nth(2)).toHaveText('52ok2,6180,2551,570')
    await expect(
      dialog.getByRole('img', { name: /^151 points, length \(cm\) across/ }),
    ).toBeVisible()
    for (const skipped of [
      /^1 comment \(line 1\)$/,
      /^1 row of units/,
      /^1 row with a gap \(line 154/,
    ])
      await expect(dialog.getByRole('listitem').filter({ hasText: skipped })).toBeVisible()

    await expect(
      dialog.getByText(
        'Columns passed over: column 1 (row numbers), note (text), mass (mg) (numbers, further right).',
      ),
    ).toBeVisible()

    // A wrong decision is said and can be taken back.
    const use = dialog.getByRole('button', { name: 'Use as target' })
    await choice('Separator').selectOption('pipe')
    await expect(dialog.getByRole('alert')).toContainText(
      'flowers.csv: line 2: fewer than two columns',
    )
    await expect(use).toBeDisabled()
    await choice('Separator').selectOption('semicolon')
    await expect(dialog.getByRole('alert')).toBeHidden()

    // A far row is told with a way on, which can be taken back, too.
    await expect(dialog.getByText(/^Line 155 sets the scale of length \(cm\)/)).toBeVisible()
    await dialog.getByRole('button', { name: 'Leave far rows out' }).click()
    await expect(dialog.getByText('150 points', { exact: true })).toBeVisible()
    await expect(dialog.getByText('1 far row (line 155)')).toBeVisible()
    await dialog.getByRole('button', { name: 'Take the far rows back in' }).click()
    await expect(dialog.getByText('151 points', { exact: true })).toBeVisible()
    await dialog.getByRole('button', { name: 'Leave far rows out' }).click()

    await choice('Up').selectOption('mass (mg)')
    await dialog.getByRole('checkbox', { name: 'Logarithm up' }).check()
    await expect(
      dialog.getByRole('img', { name: /^150 points, length \(cm\) across and mass/ }),
    ).toBeVisible()
    await use.click()
    await expect(dialog).toBeHidden()
    await expect(stage(page)).toHaveAttribute('data-status', 'idle')
    const kept = {
      ...{ kind: 'points', file: 'flowers.csv', columns: [2, 4] },
      ...{ separator: 'semicolon', log: ['y'], clip: 10 },
    }
    expect(decodeLocation(new URL(page.url()).hash).scene.target).toMatchObject(kept)
    await reload(page)
    await expect(page.getByRole('radio', { name: 'flowers' })).toBeChecked()
    await expect(stage(page)).toHaveAttribute('data-status', 'idle')
  })
})
