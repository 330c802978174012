/// How many records the packages in work have: a look holds in memory what all records of its package say, so a few large
/// packages are not looked at beside many others.
struct RecordsInWork: Sendable {
    /// So many are looked at together, unless one package has more. With four files a record, they take some 60 MB.
    static let most = 10_000

    /// By a package's folder, as far as they are listed; of packages that are to be looked at and are not done.
    private var counts: [UInt64: Int] = [:]
    private var begun: Set<UInt64> = []
    /// Of all packages that are begun.
    private var sum = 0

    /// A package is to be looked at.
    mutating func add(_ folder: UInt64) {
        counts[folder] = counts[folder] ?? 0
    }

    /// Takes in a record of a package, which counts if that is to be looked at or in work.
    mutating func see(_ folder: UInt64) {
        guard let count = counts[folder] else { return }
        counts[folder] = count + 1
        if begun.contains(folder) { sum += 1 }
    }

    /// Begins a package if there is room for its records, or if none is in work; says whether it did.
    mutating func begin(_ folder: UInt64) -> Bool {
        let count = counts[folder] ?? 0
        guard begun.isEmpty || sum + count <= Self.most else { return false }
        if begun.insert(folder).inserted { sum += count }
        return true
    }

    /// A package is done.
    mutating func end(_ folder: UInt64) {
        guard begun.remove(folder) != nil else { return }
        sum -= counts.removeValue(forKey: folder) ?? 0
    }
}
