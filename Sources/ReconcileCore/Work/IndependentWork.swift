/// A schedule of items that don't depend on each other: it hands them out in order and collects their outcomes.
struct IndependentWork<Item: Sendable, Outcome: Sendable>: WorkSchedule {
    /// In the order in which the items ended.
    private(set) var outcomes: [Outcome] = []
    /// Whether items were skipped because of a stop or of an outcome that ends the work.
    private(set) var isCutShort = false
    private var waiting: ArraySlice<Item>
    private var isOver = false
    private let stop: StopSignal
    private let ends: (Outcome) -> Bool

    /// - Parameter ends: whether an outcome means that no further item may start.
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
