/// The reports that runs, recorded verifications and drills left beside a backup; reads them, and writes nothing.
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

        /// What `reconcile runs` lists.
        package static let ofJobs: [Command] = [.run, .verify]
    }

    /// One report by what its key says.
    package struct Entry: Hashable, Sendable {
        package let command: Command
        package let runID: String
        package let key: ObjectKey
        /// `<day>/<id>`, whose order is that of the starts: an ID begins with its time.
        fileprivate let order: ExactText

        /// When its run began; nil for an ID that does not begin with a time.
        package var startedAt: Timestamp? { Timestamp(basic: runID.prefix(16)) }

        /// - Parameter day: of the start, as in the key.
        package init(command: Command, runID: String, key: ObjectKey, day: String) {
            (self.command, self.runID, self.key) = (command, runID, key)
            order = ExactText("\(day)/\(runID)")
        }
    }

    /// One report as it was stored.
    package enum Content: Hashable, Sendable {
        case run(RunReport)
        case verification(VerifyReport)
        case drill(DrillReport)
    }

    /// Every report of some commands, the newest first, and last those that are dated in the future: one list for each
    /// thousand.
    ///
    /// - Parameter moment: only of runs that began by then; nil for all.
    /// - Throws: what keeps the store from listing; `CancellationError` when it is stopped.
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
                // Doctor's probe lies beside the days.
                guard let entry = Self.entry(command, at: object.key, under: prefix) else { return }
                if let moment, let begun = entry.startedAt, begun > moment { return }
                entries.append(entry)
            }
        }
        // The report of a machine whose clock was ahead must not hide what later runs found.
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

    /// The one report that an ID or the beginning of one means, of the newest first; `latest` is the first of all.
    ///
    /// - Throws: `UnknownReport`, which names what may be meant.
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

    /// Reads one report.
    ///
    /// - Throws: a `malformed` failure where it is none, `absent` where it is gone, and what keeps the store from reading.
    package func read(_ entry: Entry) async throws -> Content {
        func failure(_ kind: RemoteFailure.Kind, _ message: String) -> RemoteFailure {
            RemoteFailure(kind, operation: .report, target: entry.key.value, message: message)
        }
        guard let bytes = try await backup.store.read(entry.key, limit: RunReport.maximumBytes) else {
            throw failure(.absent, "the report is gone")
        }
        do {
            switch entry.command {
            case .run: return .run(try ReportReader.decode(RunReport.self, from: bytes))
            case .verify: return .verification(try ReportReader.decode(VerifyReport.self, from: bytes))
            case .drill: return .drill(try ReportReader.decode(DrillReport.self, from: bytes))
            }
        } catch {
            throw failure(.malformed, "it is not a report that this release can read")
        }
    }

    /// Reads one report; its failure is a value where it is of this report alone.
    package func result(_ entry: Entry) async throws -> Result<Content, RemoteFailure> {
        do {
            return .success(try await read(entry))
        } catch let failure as RemoteFailure where failure.isOfOneObject {
            return .failure(failure)
        }
    }
}

extension Collection {
    /// Throws if none of what was to be read may be read: that is a right that is missing, and no fault of one of them.
    package func requireSomeAllowed<Content>() throws where Element == Result<Content, RemoteFailure> {
        let denials = compactMap { result in
            if case .failure(let failure) = result, failure.kind == .denied { failure } else { nil }
        }
        if denials.count == count, let first = denials.first { throw first }
    }
}

/// Why an ID does not mean one report; says which there are.
package struct UnknownReport: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether the ID means several, and not none.
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
