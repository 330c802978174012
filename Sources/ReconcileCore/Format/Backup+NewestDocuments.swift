/// The documents of a folder that has a folder for each day, those of the newest days first, without a list of all of them
/// where there are many.
extension Backup {
    /// What a document's day begins with, below its folder.
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

    /// Shows the keys of the documents under a prefix until enough of them were seen: each once, those of one call sorted,
    /// the last first.
    ///
    /// Cost: one list where there are up to a thousand. Where there are more, also one for each of `days` as far as it
    /// comes, and one for each further thousand of what is listed.
    ///
    /// - Parameters:
    ///   - days: what is listed where there are more than a thousand, in this order.
    ///   - isEnough: is not called again once it has said so.
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
