/// Reads the reports that runs, recorded verifications and drills have stored next to a backup; writes nothing.
package struct StoredReports: Sendable {
    private let backup: Backup

    package init(of backup: Backup) {
        self.backup = backup
    }

    /// The command that stored a report.
    package enum Command: String, Hashable, Sendable, CaseIterable {
        case run
        case verify
        case drill

        /// The commands that `reconcile runs` lists.
        package static let ofJobs: [Command] = [.run, .verify]
    }

    /// A report, according to its key.
    package struct Entry: Hashable, Sendable {
        package let command: Command
        package let runID: String
        package let key: ObjectKey
        /// `<day>/<id>`, which sorts by start time, because an ID starts with its time.
        fileprivate let order: ExactText

        /// When its run started; nil if the ID doesn't start with a time.
        package var startedAt: Timestamp? { Timestamp(basic: runID.prefix(16)) }

        /// - Parameter day: the day of the start, as in the key.
        package init(command: Command, runID: String, key: ObjectKey, day: String) {
            (self.command, self.runID, self.key) = (command, runID, key)
            order = ExactText("\(day)/\(runID)")
        }
    }

    /// The content of a stored report.
    package enum Content: Hashable, Sendable {
        case run(RunReport)
        case verification(VerifyReport)
        case drill(DrillReport)
    }

    /// Every report of the given commands, newest first, followed by those dated in the future. Costs one list per
    /// thousand reports.
    ///
    /// - Parameter moment: only runs that started at or before this time; nil for all.
    /// - Throws: a failure of the store to list; `CancellationError` if stopped.
    package func entries(
        of commands: [Command] = Command.ofJobs,
        asOf moment: Timestamp? = nil,
        stop: StopSignal
    ) async throws -> [Entry] {
        var entries: [Entry] = []
        for command in commands {
            let prefix = folder(of: command)
            try await backup.store.forEachObject(under: prefix) { object in
                if stop.reason != nil { throw CancellationError() }
                // The doctor's probe object is next to the day folders.
                guard let entry = Self.entry(command, at: object.key, under: prefix) else { return }
                if let moment, let begun = entry.startedAt, begun > moment { return }
                entries.append(entry)
            }
        }
        // A report from a machine with a fast clock must not hide the findings of later runs.
        let latest = backup.clock.secondsSince1970() + Double(RecordReader.tolerance)
        func isAhead(_ entry: Entry) -> Bool {
            entry.startedAt.map { Double($0.seconds) > latest } ?? false
        }
        let (ahead, known) = (entries.filter(isAhead), entries.filter { !isAhead($0) })
        return [known, ahead].flatMap { $0.sorted { $1.order < $0.order } }
    }

    private func folder(of command: Command) -> ObjectKey {
        switch command {
        case .run: backup.layout.reportsPrefix
        case .verify: backup.layout.verificationsPrefix
        case .drill: backup.layout.drillsPrefix
        }
    }

    private static func entry(_ command: Command, at key: ObjectKey, under prefix: ObjectKey) -> Entry? {
        let parts = key.value.utf8.dropFirst(prefix.value.utf8.count).split(separator: UInt8(ascii: "/"))
            .map(Substring.init)
        guard parts.count == 2, parts[1].hasSuffix(".json"), let id = KeySegment.decode(parts[1].dropLast(5)) else {
            return nil
        }
        return Entry(command: command, runID: id, key: key, day: String(parts[0]))
    }

    /// The report with the given ID, or the only one whose ID starts with it; `latest` is the first entry.
    ///
    /// - Throws: `UnknownReport`, which names the candidates.
    package static func entry(_ id: String, of entries: [Entry]) throws(UnknownReport) -> Entry {
        if id == "latest", let newest = entries.first { return newest }
        if let exact = entries.first(where: { ExactText($0.runID) == ExactText(id) }) { return exact }
        let found = entries.filter { $0.runID.utf8.starts(with: id.utf8) }
        guard found.count <= 1 else { throw UnknownReport(id, several: found.map(\.runID)) }
        guard let only = found.first else {
            var near = NearestNames(to: id)
            for entry in entries { near.offer(entry.runID) }
            throw UnknownReport(id, near: near.names, newest: entries.first?.runID)
        }
        return only
    }

    /// Reads a report.
    ///
    /// - Throws: a `malformed` failure if it is not a report, `absent` if it is missing, and failures of the store.
    package func read(_ entry: Entry) async throws -> Content { try await readProved(entry).content }

    /// Reads a report, and says whether it passes the trust file. True without one, and of a run's, which nobody signs.
    ///
    /// - Throws: as `read(_:)`.
    func readProved(_ entry: Entry) async throws -> (content: Content, isProved: Bool) {
        func failure(_ kind: RemoteFailure.Kind, _ message: String) -> RemoteFailure {
            RemoteFailure(kind, operation: .report, target: entry.key.value, message: message)
        }
        guard let object = try await backup.store.readProved(entry.key, limit: RunReport.maximumBytes) else {
            throw failure(.absent, "the report is gone")
        }
        func decode<Report: Decodable>(_ type: Report.Type) throws -> Report {
            try ReportReader.decode(type, from: object.body)
        }
        do {
            switch entry.command {
            case .run: return (.run(try decode(RunReport.self)), object.isProved)
            case .verify: return (.verification(try decode(VerifyReport.self)), object.isProved)
            case .drill: return (.drill(try decode(DrillReport.self)), object.isProved)
            }
        } catch {
            throw failure(.malformed, "it is not a report that this release can read")
        }
    }

    /// Reads a report; a failure of this report alone is a value.
    package func result(_ entry: Entry) async throws -> Result<Content, RemoteFailure> {
        try await provedResult(entry).map { $0.content }
    }

    /// The same, with whether it passes.
    func provedResult(_ entry: Entry) async throws -> Result<(content: Content, isProved: Bool), RemoteFailure> {
        do {
            return .success(try await readProved(entry))
        } catch let failure as RemoteFailure where failure.isOfOneObject {
            return .failure(failure)
        }
    }
}

extension Collection {
    /// Throws if access is denied to every element: a permission is missing then, and no single element is at fault.
    package func requireSomeAllowed<Content>() throws where Element == Result<Content, RemoteFailure> {
        let denials = compactMap { result in
            if case .failure(let failure) = result, failure.kind == .denied { failure } else { nil }
        }
        if denials.count == count, let first = denials.first { throw first }
    }
}

/// Why an ID doesn't identify a single report, and which reports there are.
package struct UnknownReport: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether the ID matches several reports instead of none.
    package let isAmbiguous: Bool

    init(_ id: String, several: [String]) {
        isAmbiguous = true
        description =
            "\(id) is the beginning of \(several.count) reports: \(several.firstFew(5)); write more of the ID"
    }

    init(_ id: String, near: [String], newest: String?) {
        isAmbiguous = false
        let hint = near.isEmpty ? newest.map { "the newest is \($0)" } : "nearest: \(near.joined(separator: ", "))"
        description = "no report has the ID \(id); " + (hint ?? "none is stored")
    }
}
