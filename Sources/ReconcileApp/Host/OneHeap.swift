import CHeap

/// Uses one heap for all threads of the process instead of one per thread (mallopt(3), M_ARENA_MAX).
///
/// Memory that one thread frees is reused by the others, so a run's peak is lower and the same from run to run. There
/// are so few threads that they do not contend for the heap: docs/BENCHMARKS.md.
package enum OneHeap {
    /// Call it before the process starts threads. Calling it again has no effect.
    package static func begin() {
        mallopt(M_ARENA_MAX, 1)
    }
}
