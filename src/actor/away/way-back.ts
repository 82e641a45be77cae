// Envelopes whose end a turn of their own receiver waits for, through others: a pipe or a forward that leads back. Its actor
// lives on no other member before that turn has ended, and this waits for the envelope: so it is delivered where the turn is,
// also while the actor moves. There it is let in, or refused as a cycle (call-chain.ts).

import { type Cause, ForeignTurn } from './foreign-turn.ts'
import { isOutbound } from '../post/letter.ts'
import type { Parcel } from '../post/parcel.ts'

/** Whether such a turn is on here. */
export function leadsBackHere(parcel: Parcel, system: string): boolean {
  const turn = turnThatWaits(parcel, system)
  if (turn === null || turn instanceof ForeignTurn) return false
  return turn.stage === 'running' && turn.activation.residents.pool === null
}

/** The other member where one is on, as far as is known here; null: none is. */
export function leadsBackTo(parcel: Parcel, system: string): string | null {
  const turn = turnThatWaits(parcel, system)
  return turn instanceof ForeignTurn ? turn.link.member : null
}

function turnThatWaits({ asker, letter }: Parcel, system: string): Cause | null {
  if (asker === null || asker.stage === 'settled' || isOutbound(letter, system)) return null
  const [parent, name] = letter.to
  for (let turn = asker.cause; turn !== null; turn = turn.cause) {
    // A query keeps no turn waiting.
    if (!turn.aside && turn.self.name === name && turn.self.parent === parent) return turn
  }
  return null
}
