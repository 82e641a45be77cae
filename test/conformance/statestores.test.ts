// Every statestore of the package against the suite that says what a statestore is.
import { statestoreConformance } from '../../src/testing/index.ts'
import { SEALED_SECTIONS, sealing } from './sealed-subject.ts'
import { SERVED_SECTIONS, serving } from './served-subject.ts'
import { temporaryMemory } from './temporary-memory.ts'
import { temporarySqlite } from './temporary-store.ts'

statestoreConformance('memory', temporaryMemory)
statestoreConformance('sealed memory', sealing(temporaryMemory))
statestoreConformance('sqlite', temporarySqlite)
statestoreConformance('sealed sqlite', sealing(temporarySqlite), SEALED_SECTIONS)
statestoreConformance('served memory', serving(temporaryMemory))
statestoreConformance('served sqlite', serving(temporarySqlite), SERVED_SECTIONS)
statestoreConformance('sealed served sqlite', sealing(serving(temporarySqlite)), SEALED_SECTIONS)
statestoreConformance('served sealed memory', serving(sealing(temporaryMemory)), SERVED_SECTIONS)
