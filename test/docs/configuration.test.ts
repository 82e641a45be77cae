// docs/configuration.md says of every setting what the code does: its key, flag, variable, default and meaning; and its
// example of a file is one that the proxy takes.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { readProxyConfig } from '../../src/proxy/config/read.ts'
import { SETTING_KEYS, SETTINGS } from '../../src/proxy/config/settings.ts'
import { usualText } from '../../src/proxy/config/shown.ts'
import { blocksOf } from './blocks.ts'

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')

test('the table has a row for every setting, as the code has it, and no other', () => {
  const expected = SETTING_KEYS.map((key) => {
    const { flag, form, help, variable } = SETTINGS[key]
    const option = `\`--${flag} <${form.placeholder.replaceAll('|', String.raw`\|`)}>\``
    const how = key === 'module' ? 'the argument' : option
    const usual = usualText(key)
    const shown = usual === 'none' || usual.includes(' ') ? usual : `\`${usual}\``
    return `| \`${key}\` | ${how} | \`${variable}\` | ${shown} | ${help} |`
  })
  const [, after = ''] = page.split('| key in a file |')
  const rows = after.split('\n\n')[0]?.split('\n').slice(2)
  assert.deepEqual(rows, expected)
})

test('the file of the page is taken', () => {
  const [block] = blocksOf(page).filter(({ language }) => language === 'json')
  const folder = mkdtempSync(join(tmpdir(), 'spawn-config-page-'))
  try {
    const file = join(folder, 'proxy.json')
    writeFileSync(file, block?.text ?? '')
    const { config, mistakes } = readProxyConfig({ flags: {}, env: {}, file })
    assert.equal(mistakes, undefined)
    assert.equal(config?.hosts.whenNone, 'wait')
    assert.equal(config.userFunction.port, 8091)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
