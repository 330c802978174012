/// The bytes that a loss of a record is accepted with: what they are, and whether others have taken their place.
extension BackupReader {
    /// The SHA-256 of those records that are there and can be read: a GET for each, several at once.
    func sums(under faults: [BackupFault]) async throws -> [ObjectKey: String] {
        let keys = Set(faults.filter(\.kind.isOfRecord).map(\.key)).sorted()
        let found = try await places.forEach(keys) { try await storedSum(at: $0) }
        var sums: [ObjectKey: String] = [:]
        for case (let key, .sha256(let sum)) in zip(keys, found) { sums[key] = sum }
        return sums
    }

    /// The faults that are no longer excused, because other bytes have come: a GET for each that is excused, several at
    /// once.
    ///
    /// A record that is gone has no other bytes. One that alone cannot be read stays excused, for nothing can use what it
    /// says, unless the store says that what is there was stored after its loss was last accepted: a list for each.
    func withOtherBytes(_ excused: [ExcusedFault]) async throws -> [BackupFault] {
        let areOthers = try await places.forEach(excused) { one -> Bool in
            switch try await storedSum(at: one.fault.key) {
            case .sha256(let sum): !one.loss.sums.contains(sum)
            case .absent: false
            case .unreadable(let stored): stored.map { $0 > one.loss.acceptedAt } ?? false
            }
        }
        return zip(excused, areOthers).compactMap { one, isOther in isOther ? one.fault : nil }
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
