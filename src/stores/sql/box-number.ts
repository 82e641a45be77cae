// Boxes as the numbers that tables have for them. A released number never changes its meaning.

import type { Box } from '../../ports/index.ts'

const BOXES: readonly Box[] = ['delivery', 'schedule', 'timer', 'dead', 'fact']

export function boxNumber(box: Box): number {
  return BOXES.indexOf(box)
}

/** @throws RangeError for a number that no box has. */
export function boxOf(number: number): Box {
  const box = BOXES[number]
  if (box === undefined) throw new RangeError(`there is no box ${number}`)
  return box
}
