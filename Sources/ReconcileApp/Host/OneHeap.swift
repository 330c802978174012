import CHeap

/// One heap for all threads of the process, in place of one for each (mallopt(3), M_ARENA_MAX).
///
/// What one thread frees, the others then use again: a run's peak is lower, and the same from run to run. The threads
/// are few, and none waits for another that allocates: docs/BENCHMARKS.md.
package enum OneHeap {
    /// To be called before the process starts threads; again does nothing.
    package static func begin() {
        mallopt(M_ARENA_MAX, 1)
    }
}
