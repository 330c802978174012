/// The records that say that a package is open to upstream repositories, under one digest, which an operator accepts
/// where nothing proves them.
///
/// The key of such a record says all that it says, so keys are what is digested: the SHA-256 of the keys below the domain's
/// folder, sorted by bytes, a line each. A record that is added is in no digest that was accepted before.
package struct OpeningRecords: Sendable {
    package let digest: String
    /// Whether those that pass the reader are proved: by a trust file, and by the newest checkpoint, under which no newer one
    /// is missing.
    private(set) var areProved = false
    private let keys: Set<ExactText>

    package var count: Int { keys.count }

    package init(_ records: [PackageRecord], in layout: BackupLayout, _ hash: DigestFunction) {
        let keys = records.filter { $0.originControls.upstream == .allow }
            .map { layout.path(of: layout.key(of: $0)) }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        digest = hash(keys.flatMap { Array("\($0)\n".utf8) }, .sha256)
        self.keys = Set(keys.map(ExactText.init))
    }

    /// The same, known to be proved or not.
    func proved(_ areProved: Bool) -> OpeningRecords {
        var records = self
        records.areProved = areProved
        return records
    }

    func contains(_ record: PackageRecord, in layout: BackupLayout) -> Bool {
        keys.contains(ExactText(layout.path(of: layout.key(of: record))))
    }
}
