// What makes a store file of today one of an older version, for tests that bring it up to date again.

/** Without the index of outcomes as it is since version 8. */
export const NO_RUNS = 'DROP TABLE key_runs; DROP TABLE key_blocks; DROP TABLE dropped_keys;'

/** The index of outcomes as it was in versions 3 to 7, empty. */
export const ONE_INDEX = `${NO_RUNS}
  CREATE TABLE outcome_keys (
    hash INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    PRIMARY KEY (hash, outcome)
  ) WITHOUT ROWID;`
