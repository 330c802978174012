/// What some records say of those before them, and what of that does not hold. Pure.
///
/// Each record of a version, of a package and of the configuration names the newest one before it that passed. So the next
/// one shows that a record is gone or was replaced, and one that was dated back stands beside another that names the same.
struct RecordChain: Sendable {
    private struct Link: Sendable {
        let recordedAt: Timestamp
        /// Of its bytes without a seal; nil where they were not read.
        var sha256: String?
        /// Whether it passes. One that does not is reported separately, or has been retired.
        var counts = false
        var previous: PreviousRecord?
    }

    /// How far apart two records may be whose writers knew nothing of each other, in seconds.
    static let race: Int64 = 3_600

    /// What is there, by the key below the domain's folder. Of one version, package or configuration, the order of keys is
    /// that of times.
    private var links: [ExactText: Link] = [:]
    private let layout: BackupLayout

    init(in layout: BackupLayout) {
        self.layout = layout
    }

    /// Takes in that a record is there, before anything else of it.
    mutating func see(_ key: ObjectKey, _ recordedAt: Timestamp) {
        links[path(of: key)] = Link(recordedAt: recordedAt)
    }

    /// Takes in which bytes a record has.
    mutating func note(_ key: ObjectKey, sha256: String) {
        links[path(of: key)]?.sha256 = sha256
    }

    /// Takes in that a record passes, and what it says of the one before it.
    mutating func count(_ key: ObjectKey, after previous: PreviousRecord?) {
        let path = path(of: key)
        links[path]?.counts = true
        links[path]?.previous = previous
    }

    /// Whether another record of the same version, package or configuration passes.
    ///
    /// - Parameter laterOnly: whether only one after `key` counts.
    func hasPassing(beside key: ObjectKey, laterOnly: Bool) -> Bool {
        let path = path(of: key)
        let folder = folder(of: path)
        return links.contains { other, link in
            link.counts && other != path && folder == self.folder(of: other) && (!laterOnly || path < other)
        }
    }

    private func folder(of path: ExactText) -> Substring {
        path.value[..<(path.value.lastIndex(of: "/") ?? path.value.startIndex)]
    }

    private func path(of key: ObjectKey) -> ExactText { ExactText(layout.path(of: key)) }

    private func key(of path: ExactText) -> ObjectKey { ObjectKey("\(layout.prefix)\(path)") }

    /// What does not hold: at most one fault for each key, in their order.
    var faults: [BackupFault] {
        var faults: [ExactText: BackupFault] = [:]
        var followers: [ExactText: [(path: ExactText, recordedAt: Timestamp)]] = [:]
        for (path, link) in links.sorted(by: { $0.key < $1.key }) {
            guard case .named(let name, let sha256)? = link.previous else { continue }
            let previous = ExactText(name)
            followers[previous, default: []].append((path, link.recordedAt))
            guard let (place, message) = problem(of: path, naming: previous, sha256) else { continue }
            if faults[place] == nil { faults[place] = fault(at: place, message) }
        }
        for siblings in followers.values {
            guard let last = siblings.last else { continue }
            for (path, time) in siblings where last.recordedAt.seconds - time.seconds > Self.race {
                if faults[path] == nil { faults[path] = fault(at: path, passedOver(by: last.path)) }
            }
        }
        return faults.sorted { $0.key < $1.key }.map(\.value)
    }

    /// A record that says that none was before it, and the earliest one that counts all the same and is more than an hour
    /// older.
    struct SecondFirst: Hashable, Sendable {
        let key: ObjectKey
        let first: ObjectKey
        let firstRecordedAt: Timestamp
    }

    /// The chain alone does not show which of them are right: a run of several hours may have listed no record before
    /// another writer made one.
    var secondFirsts: [SecondFirst] {
        var firsts: [String: (path: ExactText, recordedAt: Timestamp)] = [:]
        var found: [SecondFirst] = []
        for (path, link) in links.sorted(by: { $0.key < $1.key }) where link.counts {
            let folder = String(folder(of: path))
            guard let first = firsts[folder] else {
                firsts[folder] = (path, link.recordedAt)
                continue
            }
            guard link.previous == .first, link.recordedAt.seconds - first.recordedAt.seconds > Self.race else {
                continue
            }
            found.append(
                SecondFirst(key: key(of: path), first: key(of: first.path), firstRecordedAt: first.recordedAt)
            )
        }
        return found
    }

    /// A fault of a record that denies one that was known.
    func fault(of second: SecondFirst) -> BackupFault {
        let message =
            "it says that no record was before it, and whoever signed it knew a checkpoint of at least two days after "
            + "\(second.first): that one was hidden or did not count then, or this one is forged. Compare it with the domain "
            + "(verify --against-domain). If the other one was only damaged then, accept this with --accept-loss"
        return fault(at: path(of: second.key), message)
    }

    /// What is wrong with the record that one names, or with the naming, and where; nil where it holds.
    private func problem(
        of path: ExactText,
        naming previous: ExactText,
        _ sha256: String
    ) -> (place: ExactText, message: String)? {
        guard previous < path else {
            let message =
                "it names \(key(of: previous)) as the record before it, which is not before it: none of these programs wrote "
                + "that. Compare it with the domain (verify --against-domain)"
            return (path, message)
        }
        guard let named = links[previous] else {
            let message =
                "the record is gone, and this program removes none: \(key(of: path)) names it as the one before it. Put it back "
                + "from another copy of the bucket, or accept the loss with --accept-loss"
            return (previous, message)
        }
        guard named.counts, let found = named.sha256, found != sha256 else { return nil }
        let message =
            "the record has the SHA-256 \(found), and \(key(of: path)) names it with \(sha256): one of the two was replaced. "
            + "Compare both with another copy of the bucket, and put the true one back"
        return (previous, message)
    }

    private func passedOver(by last: ExactText) -> String {
        "it was not there, or did not count, when \(key(of: last)) was recorded more than an hour later, which names the same "
            + "record before it. It may have been dated back: compare it with the domain (verify --against-domain). If it was only "
            + "damaged then, accept it with --accept-loss"
    }

    private func fault(at path: ExactText, _ message: String) -> BackupFault {
        let key = key(of: path)
        let version = layout.record(at: key)?.coordinates
        let package = version?.package ?? layout.packageRecord(at: key)?.package
        let place = package.map { Place($0, version: version?.version) } ?? Place()
        return BackupFault(.brokenHistory, of: place, at: key, message)
    }
}
