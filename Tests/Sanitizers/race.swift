// Four threads add to one number, guarded by a mutex or not: what `make sanitize` shows the thread sanitizer first, so
// that its silence about the modules means something. `race guarded` must pass, `race` must be reported.
import Glibc
import Synchronization

final class Sum: @unchecked Sendable {
    private let mutex = Mutex(())
    private let isGuarded = CommandLine.arguments.contains("guarded")
    private(set) var value = 0

    func add() {
        for _ in 0..<1_000_000 {
            if isGuarded { mutex.withLock { _ in value += 1 } } else { value += 1 }
        }
    }
}

let sum = Sum()

nonisolated func run() {
    var threads: [pthread_t] = []
    for _ in 0..<4 {
        var thread = pthread_t()
        pthread_create(&thread, nil, add, nil)
        threads.append(thread)
    }
    for thread in threads { pthread_join(thread, nil) }
    print(sum.value)
}

nonisolated func add(_: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    sum.add()
    return nil
}

@main enum Race {
    static func main() { run() }
}
