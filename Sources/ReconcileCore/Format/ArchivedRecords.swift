/// Records in a storage class whose objects cannot be read, as a listing alone shows: how many, and the first.
package struct ArchivedRecords: Sendable {
    package private(set) var count = 0
    private var first: (key: ObjectKey, archive: StoredObject.Archive)?

    package init() {}

    mutating func add(_ key: ObjectKey, in archive: StoredObject.Archive) {
        count += 1
        if first == nil { first = (key, archive) }
    }

    /// What an operator is told; nil if there are none.
    package var warning: String? {
        guard let first else { return nil }
        let place = first.archive.storageClass.map { " in \($0)" } ?? ""
        let subject = count == 1 ? "1 record is" : "\(count) records are"
        return
            "\(subject) archived, such as \(first.key)\(place), and so probably is what they name: nothing of it can "
            + "be restored or served before it is brought back, which takes hours and is charged by size. verify names each "
            + "object with the command; find the lifecycle rule that moved them"
    }
}
