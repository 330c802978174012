import ReconcileCore

extension History {
    /// The smallest history that still fails, found by leaving out what it fails without: steps, then what is in them.
    ///
    /// - Parameter fails: must answer the same for the same history.
    func shrunk(_ fails: (History) -> Bool) -> History {
        var smallest = self
        while let smaller = smallest.smaller.first(where: fails) { smallest = smaller }
        return smallest
    }

    /// Every history with one thing less, the largest things first.
    private var smaller: some Sequence<History> {
        var candidates: [History] = []
        var length = steps.count / 2
        while length > 0 {
            for start in stride(from: 0, to: steps.count - length + 1, by: length) {
                var candidate = self
                candidate.steps.removeSubrange(start..<(start + length))
                candidates.append(candidate)
            }
            length /= 2
        }
        for (place, step) in steps.enumerated() {
            guard case .work(let work) = step else { continue }
            candidates += work.smaller.map { smaller in
                var candidate = self
                candidate.steps[place] = .work(smaller)
                return candidate
            }
        }
        return candidates
    }
}

extension History.Work {
    fileprivate var smaller: [History.Work] {
        func changed(_ change: (inout History.Work) -> Void) -> History.Work {
            var copy = self
            change(&copy)
            return copy
        }
        var result = writers.indices.map { place in changed { $0.writers.remove(at: place) } }
        result += during.indices.map { place in changed { $0.during.remove(at: place) } }
        for place in writers.indices {
            if writers[place].mishap != nil { result.append(changed { $0.writers[place].mishap = nil }) }
            if writers[place].skew != 0 { result.append(changed { $0.writers[place].skew = 0 }) }
        }
        return result
    }
}
