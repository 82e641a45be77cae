// What every command that works on a store itself lets one say: which one.

import { text } from './option.ts'

export const STORE_OPTIONS = {
  store: text(
    'url',
    'The store; default $PROXY_STORE or $PROXY_DATABASE_…, else what the file that $PROXY_CONFIG names says',
  ),
} as const
