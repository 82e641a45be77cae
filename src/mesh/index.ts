// The mesh: many members as one. What an engine sees of it is the port Cluster; who runs it sees ClusterView.

export { Mesh } from './mesh.ts'
export type { SystemCluster } from './system-cluster.ts'
export { type MeshTiming, timingOf } from './timing.ts'
