// `spawn actors delete`: removes an actor with its past.

import { actorRemoval } from '../actor-removal.ts'

export const actorsDelete = actorRemoval({
  name: 'actors delete',
  summary: 'Remove an actor with its past',
  about: `Finishes the turns that wait, then removes an actor with its state, its tags and its past. This cannot be undone.
It asks before; without a terminal it needs --yes.`,
  examples: [
    { line: 'spawn actors delete user-1 --ref user', what: 'asks first' },
    { line: 'spawn actors delete incrementor --yes', what: 'in a script' },
  ],
  question: (address, system) => `Delete ${address} of ${system} with its past?`,
  deed: 'deleted',
  async remove(client, actor, ref) {
    await client.delete(actor, ref)
    return { json: { deleted: true }, text: (address) => `deleted ${address}` }
  },
})
