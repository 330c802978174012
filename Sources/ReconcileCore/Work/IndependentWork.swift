/// Items that wait for nothing and lead to nothing: handed out in order, and what became of each is kept.
struct IndependentWork<Item: Sendable, Outcome: Sendable>: WorkSchedule {
    /// In the order in which they came.
    private(set) var outcomes: [Outcome] = []
    /// Items were left, because of a stop or of an outcome that ends the work.
    private(set) var isCutShort = false
    private var waiting: ArraySlice<Item>
    private var isOver = false
    private let stop: StopSignal
    private let ends: (Outcome) -> Bool

    /// - Parameter ends: whether nothing more is to be started after an outcome.
    init(_ items: [Item], stop: StopSignal, endingWith ends: @escaping (Outcome) -> Bool) {
        waiting = items[...]
        self.stop = stop
        self.ends = ends
    }

    mutating func next() -> Item? {
        guard !waiting.isEmpty else { return nil }
        if isOver || stop.reason != nil {
            isCutShort = true
            return nil
        }
        return waiting.removeFirst()
    }

    mutating func absorb(_ outcome: Outcome) {
        outcomes.append(outcome)
        if ends(outcome) { isOver = true }
    }
}
