import BackupPages
import ReconcileCore

/// What pages need of the whole backup is read in the background, so that no page waits for it: first a walk over the names
/// of all records, then, once anybody has asked for a page, each version's newest record, for searches by hash.
extension PageView {
    /// Thrown where nothing is known of the backup yet, or nothing that is new enough: how many records the walk has seen.
    struct StillReading: Error {
        let records: Int
    }

    /// How the backup stands, and since when that may no longer be right.
    struct Survey {
        let overview: Overview
        /// When it was read, where a newer reading is under way; nil where this one counts.
        let olderSince: Timestamp?
    }

    /// Reads what pages need whenever they need it, until the task is cancelled.
    ///
    /// Begins with a walk, before anybody asks. While nobody asks for pages, nothing more is read.
    package func readAhead() async {
        while !Task.isCancelled, (try? await reading.wait(until: { [known] in $0.isDue(known) })) != nil {
            await catchUp()
        }
    }

    /// Reads what pages need now and nobody has read: the walk, if the last one no longer counts, and the records.
    /// Returns early if another walk is needed first, or if the store fails; the next call continues.
    package func catchUp() async {
        await walk()
        while reading.current.isVisited, !reading.current.isWanted, let batch = known.unread(Self.batch) {
            let begun = clock.now()
            do {
                known.note(try await read(batch), of: batch)
            } catch {
                try? await clock.sleep(for: Self.pause)
                return
            }
            // Half of the time is left to whoever else asks the store, builds first of all.
            let took = clock.now() - begun
            if took > .zero, (try? await clock.sleep(for: took)) == nil { return }
        }
    }

    private func walk() async {
        var failure: (any Error)?
        do {
            _ = try await overviews.value(for: "") { try await survey() }
        } catch {
            failure = error
        }
        reading.change { state in
            state.isWanted = false
            state.failure = failure
            state.records = 0
        }
    }

    /// Past the cache: what nobody asked for must not push out what readers come back to.
    private func read(_ batch: KnownRecords.Batch) async throws -> [[UInt8]?] {
        try await Self.each(batch.records) { record in
            do {
                return try await backup.store.read(record.key, limit: Manifest.maximumBytes)
            } catch let failure as RemoteFailure where failure.isOfOneObject {
                return nil
            }
        }
    }

    /// Records that are read before it is looked whether something else is more urgent.
    private static var batch: Int { 200 }
    /// After which a store that failed is asked again.
    private static var pause: Duration { .seconds(5) }

    // MARK: Asking for it

    /// How the backup stands, from what was read: a page waits a twentieth of a second for a newer reading, then it is
    /// given the one before, if that is at most an hour old.
    ///
    /// - Parameter isNew: whether only one that counts now will do.
    /// - Throws: `StillReading`; what keeps the store from answering, where nothing can be given instead.
    func survey(isNew: Bool = false) async throws -> Survey {
        reading.change { $0.isVisited = true }
        if let kept = overviews.kept(for: ""), kept.isValid { return Survey(overview: kept.value, olderSince: nil) }
        reading.change { $0.isWanted = true }
        try await reading.wait(until: { !$0.isWanted }, atMost: Self.patience, on: clock)
        if let kept = overviews.kept(for: "") {
            if kept.isValid { return Survey(overview: kept.value, olderSince: nil) }
            if !isNew, kept.age < Self.oldest {
                return Survey(
                    overview: kept.value,
                    olderSince: Timestamp(seconds: now.seconds - kept.age.components.seconds)
                )
            }
        }
        if let failure = reading.current.failure { throw failure }
        throw StillReading(records: reading.current.records)
    }

    /// With time for the rest of a page, a tenth of a second in all.
    private static var patience: Duration { .milliseconds(50) }
    private static var oldest: Duration { .seconds(3600) }

    /// How the backup stands: a list for each thousand records and reports, a GET for each of the newest reports.
    private func survey() async throws -> Overview {
        var census = BackupContents.Census()
        var index = known.empty
        var records = 0
        let status: BackupStatus
        do {
            status = try await BackupStatus.read(from: backup, asOf: asOf, stop: StopSignal()) { record in
                census.add(record)
                index.add(record, in: backup.layout)
                records += 1
                if records.isMultiple(of: 1_000) { reading.note { $0.records = records } }
            }
        } catch let failure as RemoteFailure where failure.kind == .absent {
            // A backup that had records does not become one that never had any.
            guard overviews.kept(for: "")?.value.status.versions ?? 0 == 0 else { throw failure }
            status = BackupStatus()
        }
        index.close(in: backup.layout)
        known.begin(index)
        let checkpoints = try await Checkpoints.read(of: backup, repositories: [], at: now)
        return Overview(
            status: status,
            contents: census.contents,
            checkpoint: checkpoints.newest?.checkpoint,
            drill: try await newestDrill()
        )
    }

    /// The newest that can be read, and that passes the trust file.
    private func newestDrill() async throws -> DrillReport? {
        for entry in try await entries(of: .drill).prefix(Self.lookedAtDrills) {
            if case .success(.drill(let report)) = try await StoredReports(of: backup).result(entry) { return report }
        }
        return nil
    }

    /// Drills that are tried, the newest first, until one can be read.
    private static var lookedAtDrills: Int { 10 }
}

/// What the reading in the background has to do, and how far it is.
struct BackgroundReading: Sendable {
    /// Whether a walk over the records is due; the first one is from the start.
    var isWanted = true
    /// Whether anybody has asked for a page.
    var isVisited = false
    /// That the walk under way has seen.
    var records = 0
    /// What ended the last walk; nil where it came to its end.
    var failure: (any Error)?

    func isDue(_ known: KnownRecords) -> Bool { isWanted || (isVisited && known.hasUnread) }
}

extension Monitor {
    /// The same as `wait(until:)`, for at most so long.
    fileprivate func wait(
        until condition: @escaping Condition,
        atMost time: Duration,
        on clock: any RunClock
    ) async throws {
        await withTaskGroup { group in
            group.addTask { try? await self.wait(until: condition) }
            group.addTask { try? await clock.sleep(for: time) }
            await group.next()
            group.cancelAll()
        }
        try Task.checkCancellation()
    }
}
