/// Counts the versions that a listing of records shows: all of them, and those of each part that earlier reports count.
///
/// A version's records must come together in the listing, as in every store that lists in the order of keys. Elsewhere it
/// counts more than once, so that some that are gone are not noticed.
package struct EarlierCounts: VersionCensus {
    private struct Part {
        let reported: ReportedVersions
        let selection: Selection
        var found = 0
    }

    /// The most parts that are compared: of several repositories or of one of them, and in all.
    private static let (mostParts, most) = (64, 10_000)
    /// What is listed, of which those counts are that name no part.
    private let selection: Selection
    private let reader: RecordReader
    private var parts: [Part] = []
    /// Which parts are of one repository, by its name; the others.
    private var ofRepository: [ExactText: [Int]] = [:]
    private var others: [Int] = []
    /// What is under the keys of reports, is none of a run of this backup or cannot be read, and was not accepted as lost.
    private let unreadable: [ObjectKey]
    /// How many reports of the last days were not read, since there are too many.
    private let unread: Int
    /// How many counts are compared with nothing, since there are too many.
    private let uncompared: Int
    /// The package whose records are being listed, and the parts that may have some of it.
    private var package: [ExactText] = []
    private var open: [Int] = []
    private var version: ExactText?
    /// How many versions of each repository were seen. No repository of a domain has another name than one in ASCII.
    private(set) var found: [String: Int] = [:]

    init(
        _ counts: [ReportedVersions],
        of selection: Selection,
        reader: RecordReader,
        unreadable: [ObjectKey],
        unread: Int
    ) {
        self.selection = selection
        self.reader = reader
        self.unreadable = unreadable
        self.unread = unread
        uncompared = max(0, counts.count - Self.most)
        // Nobody signs reports: whoever may write them must not make each listing slow.
        for count in counts.prefix(Self.most) {
            if let name = count.part?.onlyRepository.map(ExactText.init) {
                guard ofRepository[name]?.count ?? 0 < Self.mostParts else { continue }
                ofRepository[name, default: []].append(parts.count)
            } else {
                guard others.count < Self.mostParts else { continue }
                others.append(parts.count)
            }
            parts.append(Part(reported: count, selection: count.part ?? selection))
        }
    }

    /// Reads what reports count: a list of them, one of the accepted losses, and a GET for each of these and for each
    /// report that counts (`EarlierReports`). Call it before the records are listed.
    ///
    /// - Parameters:
    ///   - listed: all of whose records will be seen.
    ///   - moment: reports of runs that began later do not count; nil for all.
    package static func read(
        from backup: Backup,
        listing listed: Selection,
        asOf moment: Timestamp?
    ) async throws -> EarlierCounts {
        let losses = try await backup.acceptedLosses()
        return try await EarlierReports.read(from: backup, about: listed, after: losses, asOf: moment).counts
    }

    package var warning: String? {
        guard let first = unreadable.first else { return warningOfUnread }
        let words =
            unreadable.count == 1
            ? "the report of a run cannot be read, so nothing was compared with what it counted: \(first)"
            : "\(unreadable.count) reports of runs cannot be read, so nothing was compared with what they counted: "
                + "\(first) and others"
        return "\(words). verify says what to do"
    }

    /// Of reports that were not read, or counts that are compared with nothing, because there are too many.
    var warningOfUnread: String? {
        if unread > 0 {
            return "\(Quantity.count(unread, "report")) of the last two days of runs were not read, as there are too "
                + "many: nothing was compared with what they counted. Find out who wrote them"
        }
        guard uncompared > 0 else { return nil }
        return "reports of runs count the versions of \(Self.most + uncompared) parts of the backup: \(Self.most) were "
            + "compared with what is there, as there are too many. Find out who wrote them"
    }

    package mutating func see(_ record: ManifestRecord) {
        guard !parts.isEmpty, reader.isTimely(record.recordedAt) else { return }
        let coordinates = record.coordinates
        let of = coordinates.package
        let exact = [ExactText(of.repository), ExactText(of.namespace), ExactText(of.name)]
        if exact != package {
            (package, version) = (exact, nil)
            open = (others + (ofRepository[exact[0]] ?? [])).filter { parts[$0].selection.contains(of) }
        }
        guard version != ExactText(coordinates.version) else { return }
        version = ExactText(coordinates.version)
        if of.repository.utf8.allSatisfy({ $0 < 0x80 }), selection.contains(coordinates) {
            found[of.repository, default: 0] += 1
        }
        for index in open where parts[index].selection.contains(coordinates) { parts[index].found += 1 }
    }

    /// What is gone, once all was seen. Of single repositories nothing is said where all of them together, by the same
    /// patterns, have lost as many.
    ///
    /// - Parameter whole: how many versions there are in all, where that is known better.
    func lost(finding whole: Int? = nil) -> [LostVersions] {
        let lost = parts.compactMap { part in
            part.reported.loss(finding: part.reported.part == nil ? whole ?? part.found : part.found)
        }
        func isOfOne(_ row: LostVersions) -> Bool { row.reported.part?.onlyRepository != nil }
        let saidByWhole = Dictionary(grouping: lost) { ($0.reported.part ?? selection).patterns }.filter { _, rows in
            let most = rows.filter { !isOfOne($0) }.map(\.count).max() ?? 0
            return most >= rows.filter(isOfOne).reduce(0) { $0 + $1.count }
        }
        return lost.filter { !isOfOne($0) || saidByWhole[($0.reported.part ?? selection).patterns] == nil }
    }

    package var losses: [VersionLoss] {
        lost().map { VersionLoss(words: $0.words, selection: $0.reported.part ?? selection) }
    }
}

extension Backup {
    /// What `EarlierCounts` reads of it.
    package var counted: CensusReader {
        { [self] listed, moment in try await EarlierCounts.read(from: self, listing: listed, asOf: moment) }
    }
}
