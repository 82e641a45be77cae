// The numbers of several processes as one text, as if they were asked at once. Pure: who is asked, and when, is decided elsewhere.

/**
 * Each number says by a label which process it is of.
 *
 * @param measures of the processes that answered: each by its number.
 */
export function joinedText(measures: readonly (readonly [process: number, text: string])[]): string {
  const families = new Map<string, { readonly head: string[]; readonly samples: string[] }>()
  for (const [process, text] of measures) {
    let family: { readonly head: string[]; readonly samples: string[] } | null = null
    for (const line of text.split('\n')) {
      const [, kind, name = ''] = /^# (HELP|TYPE) (\S+)/.exec(line) ?? []
      if (kind === undefined) {
        if (line !== '') family?.samples.push(labelled(line, process))
        continue
      }
      family = families.get(name) ?? { head: [], samples: [] }
      families.set(name, family)
      if (!family.head.includes(line)) family.head.push(line)
    }
  }
  const lines = [...families.values()].flatMap(({ head, samples }) => [...head, ...samples])
  return `${lines.join('\n')}\n`
}

function labelled(sample: string, process: number): string {
  const at = sample.search(/[{ ]/)
  const [name, rest] = [sample.slice(0, at), sample.slice(at)]
  const label = `worker="${process}"`
  return rest.startsWith('{') ? `${name}{${label},${rest.slice(1)}` : `${name}{${label}}${rest}`
}
