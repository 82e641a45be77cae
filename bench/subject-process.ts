// The process of one subject: `node subject-process.ts <module> <shape as JSON>`, forked by measure.ts. A process each, so
// that one subject's compiled code, garbage and open files never change what another one measures; while it is not asked
// for a round it does nothing.

import type { Order, Prepare, Report, Shape, Subject } from './subject.ts'

const [module = '', shapeText = '{}'] = process.argv.slice(2)

function report(message: Report): void {
  process.send?.(message)
}

async function obey(subject: Subject, order: Order): Promise<void> {
  if ('round' in order) {
    report({ reading: await subject.round(order.round) })
    return
  }
  await subject.stop()
  report({ done: 'stopped' })
  process.disconnect()
}

async function main(): Promise<void> {
  const { prepare } = (await import(`./${module}.ts`)) as { prepare: Prepare }
  const subject = await prepare(JSON.parse(shapeText) as Shape)
  process.on('message', (order: Order) => void attempt(() => obey(subject, order)))
  report({ done: 'prepared' })
}

async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    report({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}

await attempt(main)
