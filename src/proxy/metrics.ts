// Numbers for those who watch, as Prometheus reads them: a small registry. It decides how they are written; which there are
// and what they mean is said where they are made. Counting costs an addition; all other work is done when somebody asks.

type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels?: Labels
  readonly value: number
}

interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  samples(): Iterable<Sample & { readonly suffix?: string }>
}

export class Counter {
  readonly #byLabels = new Map<string, { readonly labels: Labels; value: number }>()

  /** @param key tells these labels from others. */
  add(key: string, labels: Labels): void {
    const known = this.#byLabels.get(key)
    if (known === undefined) this.#byLabels.set(key, { labels, value: 1 })
    else known.value += 1
  }

  samples(): Iterable<Sample> {
    return this.#byLabels.values()
  }
}

/** How many took how long. */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  /** @param bounds in rising order. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = [...bounds.map(() => 0), 0]
  }

  observe(value: number): void {
    let at = 0
    while (at < this.#bounds.length && value > (this.#bounds[at] as number)) at += 1
    this.#counts[at] = (this.#counts[at] as number) + 1
    this.#sum += value
  }

  *samples(): Iterable<Sample & { readonly suffix: string }> {
    let count = 0
    for (const [at, own] of this.#counts.entries()) {
      count += own
      const bound = this.#bounds[at]
      yield { suffix: '_bucket', labels: { le: bound === undefined ? '+Inf' : String(bound) }, value: count }
    }
    yield { suffix: '_sum', value: this.#sum }
    yield { suffix: '_count', value: count }
  }
}

export class Metrics {
  readonly #families: Family[] = []

  counter(name: string, help: string): Counter {
    const counter = new Counter()
    this.#families.push({ name, help, type: 'counter', samples: () => counter.samples() })
    return counter
  }

  /** In seconds. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const histogram = new Histogram(bounds)
    this.#families.push({ name, help, type: 'histogram', samples: () => histogram.samples() })
    return histogram
  }

  /** @param read called whenever somebody asks. */
  gauge(name: string, help: string, read: () => Iterable<Sample>): void {
    this.#families.push({ name, help, type: 'gauge', samples: read })
  }

  /** A counter that is kept elsewhere. @param read called whenever somebody asks. */
  counts(name: string, help: string, read: () => Iterable<Sample>): void {
    this.#families.push({ name, help, type: 'counter', samples: read })
  }

  /** All of it, in the text format. */
  text(): string {
    const lines: string[] = []
    for (const family of this.#families) {
      lines.push(`# HELP ${family.name} ${family.help}`, `# TYPE ${family.name} ${family.type}`)
      for (const { labels, suffix = '', value } of family.samples()) {
        lines.push(`${family.name}${suffix}${labelText(labels)} ${value}`)
      }
    }
    return `${lines.join('\n')}\n`
  }
}

function labelText(labels: Labels | undefined): string {
  if (labels === undefined) return ''
  const texts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return texts.length === 0 ? '' : `{${texts.join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
