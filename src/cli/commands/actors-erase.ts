// `spawn actors erase`: destroys the key of an actor and removes it, so that no copy of it can be read.

import { actorRemoval } from '../actor-removal.ts'
import { printable } from '../terminal.ts'

export const actorsErase = actorRemoval({
  name: 'actors erase',
  summary: 'Make an actor unreadable everywhere, for good',
  about: `Finishes the turns that wait, then destroys the actor's own key and removes all that the store has of it: state, past,
kept replies, facts, and messages from it and to it. What was copied before can be read by nobody. Its definition must be
erasable. Erasing it again shows the same proof; spawn store erasures shows all of them. This cannot be undone: it asks
before, and without a terminal it needs --yes.`,
  examples: [
    { line: 'spawn actors erase user-1 --ref user', what: 'asks first' },
    { line: 'spawn actors erase user-1 --ref user --yes --json', what: 'the proof, for the records' },
  ],
  question: (address, system) => `Erase ${address} of ${system} for good?`,
  deed: 'erased',
  async remove(client, actor, ref) {
    const erasure = await client.erase(actor, ref)
    return {
      json: erasure,
      text: (address) =>
        `erased ${address}: key ${printable(erasure.key)} destroyed, revision ${erasure.revision} was its last`,
    }
  },
})
