import BackupPages
import ReconcileCore

/// Reads in the background what pages need from the whole backup, so that no page waits for it: first the names of all
/// records in one walk, then, once anybody has requested a page, each version's newest record, for searches by hash.
extension PageView {
    /// Thrown if nothing is known about the backup yet, or nothing recent enough; `records` is how many the walk has
    /// seen.
    struct StillReading: Error {
        let records: Int
    }

    /// An overview of the backup, and since when it may be out of date.
    struct Survey {
        let overview: Overview
        /// When the overview was read, if a newer reading is in progress; nil if it is current.
        let olderSince: Timestamp?
    }

    /// Reads what pages need, whenever they need it, until the task is cancelled.
    ///
    /// Begins with a walk before any page is requested. While nobody requests pages, nothing more is read.
    package func readAhead() async {
        while !Task.isCancelled, (try? await reading.wait(until: { [known] in $0.isDue(known) })) != nil {
            await catchUp()
        }
    }

    /// Reads what pages need and is not known yet: walks over the records if the last walk is out of date, then reads
    /// records. Returns early if another walk is due, or if the store fails; the next call continues.
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
            // Leave half of the time to other users of the store, builds first of all.
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

    /// Bypasses the cache: background reading must not evict what readers use.
    private func read(_ batch: KnownRecords.Batch) async throws -> [[UInt8]?] {
        try await Self.each(batch.records) { record in
            do {
                return try await backup.store.read(record.key, limit: Manifest.maximumBytes)
            } catch let failure as RemoteFailure where failure.isOfOneObject {
                return nil
            }
        }
    }

    /// The number of records to read before checking for more urgent work.
    private static var batch: Int { 200 }
    /// How long to wait before retrying a store that failed.
    private static var pause: Duration { .seconds(5) }

    // MARK: Overview

    /// Returns an overview of the backup. Waits 50 ms for a newer reading if the last one is out of date; then returns
    /// the last one, if it is at most an hour old.
    ///
    /// - Parameter isNew: whether only a current overview will do.
    /// - Throws: `StillReading`, or the failure that keeps the store from responding, if there is no overview to
    ///   return.
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

    /// Leaves time for the rest of a page, which takes a tenth of a second in all.
    private static var patience: Duration { .milliseconds(50) }
    private static var oldest: Duration { .seconds(3600) }

    /// Reads the overview: one list request per thousand records and reports, and a GET for each of the newest reports; with
    /// a trust file, a GET too for each of up to a thousand records that the newest checkpoint does not cover.
    private func survey() async throws -> Overview {
        var census = BackupContents.Census()
        var index = known.empty
        var records = 0
        let status: BackupStatus
        do {
            status = try await BackupStatus.read(from: backup, asOf: asOf, proves: true, stop: StopSignal()) { record in
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
        let checkpoints = try await unlessHidden {
            try await Checkpoints.read(of: backup, repositories: [], at: now)
        }
        return Overview(
            status: status,
            contents: census.contents,
            checkpoint: checkpoints?.newest?.checkpoint,
            hidesCheckpoints: checkpoints == nil,
            drill: try await unlessHidden { try await newestDrill() }
        )
    }

    /// What is read of a folder; nil where the store does not show it to this server. A verification says more.
    private func unlessHidden<Value>(_ read: () async throws -> Value?) async throws -> Value? {
        do {
            return try await read()
        } catch let failure as RemoteFailure where failure.isOfOnePlace {
            return nil
        }
    }

    /// The newest drill whose evidence can be read and passes the trust file.
    private func newestDrill() async throws -> DrillReport? {
        for entry in try await entries(of: .drill).prefix(Self.lookedAtDrills) {
            if case .success(.drill(let report)) = try await StoredReports(of: backup).result(entry) { return report }
        }
        return nil
    }

    /// The maximum number of drills to try, the newest first, until one can be read.
    private static var lookedAtDrills: Int { 10 }
}

/// What the background reading has to do, and its progress.
struct BackgroundReading: Sendable {
    /// Whether a walk over the records is due; true at the start.
    var isWanted = true
    /// Whether anybody has requested a page.
    var isVisited = false
    /// The number of records that the current walk has seen.
    var records = 0
    /// The error that ended the last walk; nil if it completed.
    var failure: (any Error)?

    func isDue(_ known: KnownRecords) -> Bool { isWanted || (isVisited && known.hasUnread) }
}

extension Monitor {
    /// Waits like `wait(until:)`, but no longer than a time.
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
