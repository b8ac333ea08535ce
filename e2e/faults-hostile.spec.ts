import { expect, test } from './fixtures.ts'
import { reload, stage } from './lab.ts'

const MARKUP = '<img class="hostile" src=x onerror=alert(1)><b class=hostile>'

test('markup in files, columns, rows and links is shown as it stands and makes no element', async ({
  page,
}) => {
  await page.addInitScript(() => {
    new MutationObserver(() => {
      if (document.querySelector('.hostile') !== null) console.error('markup became an element')
    }).observe(document, { subtree: true, childList: true, attributes: true })
  })
  const field = encodeURIComponent(MARKUP)
  const sum = `energy=sum&energy.terms.0.energy=file&energy.terms.0.energy.path='${field}`
  await page.goto(
    `/?backend=${field}&haltAt=${field}#target=points&target.file='${field}&${field}=1&epsilon=${field}&${sum}`,
  )
  await expect(stage(page)).toBeVisible()
  await expect(page.getByRole('alert').getByText(`target.file: ${MARKUP}`)).toBeVisible()

  await page.goto('/#target=two-gaussians')
  await page.getByRole('button', { name: 'Upload CSV' }).click()
  const rows = Array.from({ length: 30 }, (_, i) => `${Math.sin(i)},${Math.cos(3 * i)},${MARKUP}`)
  const name = `${MARKUP}.csv`
  await page.getByLabel('Table file').setInputFiles({
    name,
    mimeType: 'text/csv',
    buffer: Buffer.from(`${MARKUP},y${MARKUP}\n${rows.join('\n')}\n${MARKUP},1\n`),
  })
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('combobox', { name: 'Across' })).toContainText(
    '<img class="hostile"',
  )
  await expect(dialog.getByText(/row with no number \(line 32.*<img class/)).toBeVisible()
  await expect(dialog.getByRole('columnheader', { name: '<img class="hostile"' })).toHaveCount(2)
  await dialog.getByRole('button', { name: 'Use as target' }).click()
  await expect(page.getByRole('radio', { name: '<img class="hostile"' })).toBeChecked()
  await expect(stage(page)).toHaveAttribute('data-status', 'idle')
  await reload(page)
  await expect(page.getByRole('radio', { name: '<img class="hostile"' })).toBeChecked()
  expect(await page.locator('.hostile').count()).toBe(0)
})
