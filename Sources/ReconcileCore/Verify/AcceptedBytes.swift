/// The bytes that a loss is accepted with, of a record or in the place of an asset's: what they are, and whether others have
/// taken their place.
extension BackupReader {
    /// What is under the keys of faults now: a GET for each record that is there and can be read, several at once.
    ///
    /// - Parameter readsBytes: whether assets are read, so that those are hashed of which only the size is known.
    func bytes(under faults: [BackupFault], readsBytes: Bool) async throws -> [BackupFault.Identity: FoundBytes] {
        let keys = Set(faults.filter(\.kind.isOfRecord).map(\.key)).sorted()
        let stored = try await places.forEach(keys) { try await storedSum(at: $0) }
        var sums: [ObjectKey: String] = [:]
        for case (let key, .sha256(let sum)) in zip(keys, stored) { sums[key] = sum }
        let ofAssets = faults.filter(\.kind.isOfBytes)
        let found = try await places.forEach(ofAssets) { try await bytes(under: $0, readsBytes: readsBytes) }
        var all: [BackupFault.Identity: FoundBytes] = [:]
        for fault in faults where fault.kind.isOfRecord {
            all[fault.identity] = sums[fault.key].map { FoundBytes(sha256: $0) }
        }
        for (fault, found) in zip(ofAssets, found) { all[fault.identity] = found }
        return all
    }

    /// The faults that are no longer excused, because other bytes have come: a GET for each record that is excused, several
    /// at once.
    ///
    /// A record that is gone has no other bytes. One that alone cannot be read stays excused, for nothing can use what it
    /// says, unless the store says that what is there was stored after its loss was last accepted: a list for each.
    func withOtherBytes(_ excused: [ExcusedFault], readsBytes: Bool) async throws -> [BackupFault] {
        let areOthers = try await places.forEach(excused) { one -> Bool in
            if one.fault.kind.isOfBytes {
                return try await !one.loss.covers(bytes(under: one.fault, readsBytes: readsBytes))
            }
            switch try await storedSum(at: one.fault.key) {
            case .sha256(let sum): return !one.loss.covers(FoundBytes(sha256: sum))
            case .absent: return false
            case .unreadable(let stored): return stored.map { $0 > one.loss.acceptedAt } ?? false
            }
        }
        return zip(excused, areOthers).compactMap { one, isOther in isOther ? one.fault : nil }
    }

    /// What is in the place of an asset, with its SHA-256 where assets are read and the listing gave the size alone.
    private func bytes(under fault: BackupFault, readsBytes: Bool) async throws -> FoundBytes {
        let seen = fault.found ?? FoundBytes()
        guard readsBytes, seen.sha256 == nil else { return seen }
        do {
            let object = try await backup.store.inspect(fault.key, versionID: fault.versionID)
            return object.map { FoundBytes(sha256: $0.sha256, size: $0.size) } ?? seen
        } catch let failure as RemoteFailure {
            try await requireOneObject(failure, at: fault.key)
            return seen
        }
    }
}

/// A fault that was accepted before, as long as its key has the bytes of then.
struct ExcusedFault: Sendable {
    /// As it is to be reported where its key has others: its own message is not kept, since there may be many.
    let fault: BackupFault
    let loss: AcceptedLosses.Loss

    private static let message =
        "this fault was accepted as lost, and other bytes have been stored under its key since. Compare them with another "
        + "copy of the backup, or accept them too"

    init(_ fault: BackupFault, by loss: AcceptedLosses.Loss) {
        var fault = fault
        fault.message = Self.message
        self.fault = fault
        self.loss = loss
    }
}
