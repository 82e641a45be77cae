// Links within the repository's pages lead somewhere: to a file that there is, and a heading that it has.

import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

import { ROOT } from './programs.ts'

const pages = globSync(['*.md', 'docs/**/*.md', 'examples/*/*.md', '{src,test,bench}/**/*.md'], {
  cwd: ROOT,
  exclude: (name) => name === 'node_modules',
})

const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8')

/** The anchors of a page, as they are made from its headings. */
function anchorsOf(page: string): Set<string> {
  const headings = textOf(page)
    .replaceAll(/^```.*?^```$/gms, '')
    .matchAll(/^#+ (.*)$/gm)
  return new Set([...headings].map(([, heading = '']) => slugOf(heading)))
}

function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-')
}

function linksOf(page: string): string[] {
  const prose = textOf(page)
    .replaceAll(/^```.*?^```$/gms, '')
    .replaceAll(/`[^`\n]*`/g, '`')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
}

/** Why a link leads nowhere; null: it does lead somewhere. */
function fault(page: string, link: string): string | null {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path))
  if (!existsSync(join(ROOT, target))) return `there is no ${target}`
  if (anchor === undefined || statSync(join(ROOT, target)).isDirectory()) return null
  return anchorsOf(target).has(anchor) ? null : `${target} has no heading #${anchor}`
}

test('every link leads somewhere', () => {
  assert.ok(pages.length >= 20, `${pages.length} pages`)
  const faults = pages.flatMap((page) =>
    linksOf(page)
      .filter((link) => !/^[a-z]+:/.test(link))
      .flatMap((link) => fault(page, link)?.replace(/^/, `${page}: [${link}] `) ?? []),
  )
  assert.deepEqual(faults, [])
})

test('every file and folder of the repository that a page names is there', () => {
  const named = pages.flatMap((page) => {
    const paths = textOf(page).matchAll(/`((?:bench|bin|docs|examples|protos|scripts|src|test)\/[\w./-]*)`/g)
    return [...paths].map(([, path = '']) => ({ page, path }))
  })
  assert.ok(named.length >= 80, `${named.length} are named`)
  assert.deepEqual(
    named.filter(({ path }) => !existsSync(join(ROOT, path))),
    [],
  )
})

test('every guarantee names its tests', () => {
  const rows = [...textOf('docs/guarantees.md').matchAll(/^\| (\d+) \|.*\| (.*) \|$/gm)]
  assert.deepEqual(
    rows.map(([, number]) => Number(number)),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  )
  for (const [, number, tests = ''] of rows) assert.match(tests, /^`test\/[^`]+`(, `test\/[^`]+`)*$/, number)
})

test('every page of docs/ is linked from another one', () => {
  const linked = new Set(
    pages.flatMap((page) =>
      linksOf(page).map((link) => relative(ROOT, join(ROOT, dirname(page), link.split('#')[0] ?? ''))),
    ),
  )
  assert.deepEqual(
    pages.filter((page) => page.startsWith('docs/') && !linked.has(page)),
    [],
  )
})
