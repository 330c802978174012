/// Finds the newest documents in a folder that has one folder per day, without listing all of them if there are many.
extension Backup {
    /// A range of days, as a prefix of the day's folder name.
    enum DocumentDays: Sendable {
        case today, thisMonth, lastMonth, all

        fileprivate func beginning(at now: Timestamp) -> Substring {
            let day = now.day
            switch self {
            case .today: return day[...]
            case .thisMonth: return day.prefix(7)
            case .lastMonth:
                let dayOfMonth = Int64(day.suffix(2)) ?? 1
                let last = Timestamp(seconds: now.seconds - dayOfMonth * 86_400).day
                return Substring(last).prefix(7)
            case .all: return ""
            }
        }
    }

    /// Passes the keys of the documents under a prefix to `isEnough` until it returns true. Each key is passed once;
    /// the keys of one call are sorted in descending order.
    ///
    /// Cost: one list request for up to a thousand documents. If there are more, also one for each of `days` that is
    /// reached, and one for each further thousand listed.
    ///
    /// - Parameters:
    ///   - days: what to list, in this order, if there are more than a thousand.
    ///   - isEnough: is not called again after it has returned true.
    func newestDocuments(
        under prefix: ObjectKey,
        days: [DocumentDays],
        until isEnough: ([ObjectKey]) async throws -> Bool
    ) async throws {
        let probe = layout.probeKey(in: prefix)
        let first = try await store.list(prefix: prefix, after: nil)
        guard first.next != nil else {
            _ = try await isEnough(first.elements.map(\.key).filter { $0 != probe }.sorted(by: >))
            return
        }
        var seen: Set<ObjectKey> = [probe]
        for part in days {
            var keys: [ObjectKey] = []
            try await store.forEachObject(under: ObjectKey("\(prefix)\(part.beginning(at: now))")) { object in
                if seen.insert(object.key).inserted { keys.append(object.key) }
            }
            if try await isEnough(keys.sorted(by: >)) { return }
        }
    }
}
