/// Restores the versions of one package: for each group, the assets, the document that publishes
/// them, their status, and finally the comparison with what the service then lists.
///
/// Called again after any interruption, it ends where an undisturbed call ends.
struct VersionRestorer: Sendable {
    let backup: Backup
    let domain: any PackageSource
    let destination: any PackageDestination
    let options: Restorer.Options
    let places: TransferPlaces
    let clock: any RunClock
    /// The package at the destination, whose repository may be another than the recorded one.
    let target: PackageCoordinates
    /// What is recorded of the package's versions, by name.
    let histories: [ExactText: VersionHistory]
    /// The package's versions at the destination, by name.
    let listed: [ExactText: ListedVersion]
    let controls: FirstControls

    /// One version on its way.
    struct Work: Sendable {
        let member: RestoreOrder.Member
        /// At the destination.
        let version: VersionCoordinates
        let manifest: Manifest
        var plan: VersionPlan
        var restored: RestoredVersion
        var failures: [ItemFailure] = []
        /// The keys under which other bytes are the newest; those of the record are then an older S3 version.
        var overwritten: Set<ObjectKey> = []
        var setsStatus = false
        var bytes: Int64 = 0

        var isSound: Bool { failures.isEmpty }
        /// The version is compared at the end.
        var isTouched: Bool { isSound && (setsStatus || !plan.missing.isEmpty || plan.publishesDocument) }
    }

    /// Versions that are published together.
    private struct Part: Sendable {
        var works: [Work] = []
        /// Those of which not even the record could be read.
        var unopened: [RestoredVersion] = []

        /// A release that has its own document, which has not been published yet.
        var isPublishedByDocument: Bool {
            works.contains { $0.plan.publishesDocument && $0.member.role == .release }
        }
    }

    /// The records of a batch are read before anything of it is published: this many are read at
    /// once, and then this many published at once, which is enough to use up the service's rate of
    /// writes from far away.
    private static let (batch, readers, writers) = (256, 128, 16)

    /// Restores groups of versions, in their order and side by side. In each batch, releases that a
    /// document publishes come first, one after another, because it also publishes whatever else of
    /// the package is unfinished.
    ///
    /// - Parameter versions: the outcome of each version is appended to it.
    /// - Returns: whether versions were left because of the stop.
    /// - Throws: `CancellationError`, and what setting the controls threw; the versions' failures
    ///   are values.
    func restore(
        _ groups: [[RestoreOrder.Member]],
        until stop: StopSignal,
        _ versions: inout [RestoredVersion]
    ) async throws -> Bool {
        var rest = groups[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(Self.batch))
            rest = rest.dropFirst(batch.count)
            let opened = await sideBySide(batch, width: Self.readers, until: stop) { try await open($0) }
            if let failure = opened.failure { throw failure }
            let others = opened.done.filter { !$0.isPublishedByDocument }
            // What an earlier restore has left unfinished is in the way of every document.
            var isLeft = try await publish(others.filter(isUnfinished), until: stop, &versions)
            for part in opened.done where part.isPublishedByDocument {
                if stop.reason != nil { return true }
                versions += finished(try await publish(part))
            }
            isLeft = try await publish(others.filter { !isUnfinished($0) }, until: stop, &versions) || isLeft
            if isLeft || opened.done.count < batch.count { return true }
        }
        return false
    }

    /// Publishes groups side by side; says whether some were left because of the stop.
    private func publish(
        _ parts: [Part],
        until stop: StopSignal,
        _ versions: inout [RestoredVersion]
    ) async throws -> Bool {
        let published = await sideBySide(parts, width: Self.writers, until: stop) { try await publish($0) }
        versions += published.done.flatMap(finished)
        if let failure = published.failure { throw failure }
        return published.done.count < parts.count
    }

    private func isUnfinished(_ part: Part) -> Bool {
        part.works.contains { listed[ExactText($0.version.version)]?.status == .unfinished }
    }

    /// Reads and proves the records of a group, and compares them with the domain.
    private func open(_ group: [RestoreOrder.Member]) async throws -> Part {
        var part = Part()
        let builds = group.filter { $0.role == .build }.map(\.record.coordinates.version)
        var firsts: [ExactText: Manifest] = [:]
        for member in group {
            let version = VersionCoordinates(package: target, version: member.record.coordinates.version)
            var restored = RestoredVersion(version: version, from: member.record)
            do {
                var manifest = try await provedManifest(of: member, &restored)
                if member.role == .build, options.givesFirst, restored.given != nil {
                    firsts[ExactText(version.version)] = manifest
                }
                // A snapshot's builds are before it.
                if member.role == .snapshot { manifest = manifest.withFiles(ofBuilds: firsts) }
                let work = try await open(
                    member,
                    manifest,
                    restored,
                    listed: listed[ExactText(version.version)],
                    builds: builds
                )
                if let work { part.works.append(work) }
            } catch {
                restored.outcome = .failed(try failures(error, version))
                part.unopened.append(restored)
            }
        }
        for index in part.works.indices where part.works[index].isSound { try await proveObjects(&part.works[index]) }
        return part
    }

    /// Publishes what a group lacks, and compares it with what the service then lists.
    private func publish(_ part: Part) async throws -> Part {
        var (works, part) = (part.works, part)
        if works.contains(where: \.isTouched) {
            try await controls.require { controls in
                if options.writes { try await destination.setOriginControls(controls, of: target) }
            }
        }
        if options.writes {
            for index in works.indices where works[index].isSound { try await publishAssets(&works[index]) }
            try await publishDocument(&works)
            for index in works.indices where works[index].isSound && works[index].setsStatus {
                try await setStatus(&works[index])
            }
            for index in works.indices where works[index].isTouched { try await compare(&works[index]) }
        }
        part.works = works
        return part
    }

    private func finished(_ part: Part) -> [RestoredVersion] { part.unopened + part.works.map(finished) }

    private func finished(_ work: Work) -> RestoredVersion {
        var restored = work.restored
        if !work.failures.isEmpty {
            restored.outcome = .failed(CopyFailures(failures: work.failures, publishedTime: nil))
        } else if work.isTouched, options.writes {
            restored.outcome = .committed(
                CopySummary(
                    manifest: work.manifest,
                    copied: work.plan.missing.count,
                    adopted: work.plan.present,
                    bytes: work.bytes
                )
            )
        }
        return restored
    }

    // MARK: Comparing

    /// Compares a version's manifest with the domain; nil for one that the selection excludes.
    private func open(
        _ member: RestoreOrder.Member,
        _ manifest: Manifest,
        _ restored: RestoredVersion,
        listed: ListedVersion?,
        builds: [String]
    ) async throws -> Work? {
        let version = restored.version
        guard options.selection.contains(origin: manifest.properties.origin) else { return nil }
        var present: VersionPlan.Present?
        var isKnown = false
        if let listed {
            // A revision names one exact set of assets (user guide, Concepts), so it saves their listing.
            isKnown =
                options.isSameDomain && listed.revision != nil && listed.revision == manifest.revision
                && listed.status == manifest.status
            let assets =
                isKnown ? manifest.assets.map(\.asset) : try await domain.allAssets(of: version)
            present = VersionPlan.Present(status: listed.status, assets: assets)
        }
        let plan = VersionPlan(manifest, as: member.role, present: present) { asset in
            builds.contains { ExactText($0) == ExactText(version.build(of: asset) ?? "") }
        }
        var work = Work(
            member: member,
            version: version,
            manifest: manifest,
            plan: plan,
            restored: restored
        )
        work.restored.state = plan.isInSync ? .inSync : present == nil ? .missing : .stale
        work.failures = plan.conflicts.map { conflict in
            let kind: RemoteFailure.Kind = conflict.asset == nil && present == nil ? .absent : .conflict
            let target = conflict.asset.map { "\(version) \($0)" } ?? "\(version)"
            let failure = RemoteFailure(kind, operation: .restore, target: target, message: conflict.reason)
            return ItemFailure(failure, version: version, asset: conflict.asset)
        }
        work.setsStatus = plan.changesStatus
        if work.isSound, plan.changesStatus, plan.missing.isEmpty, !plan.publishesDocument, let present,
            present.status != .unfinished
        {
            try await judgeStatus(&work, present.status)
        }
        if work.isTouched {
            work.restored.writes.versions = 1
            work.restored.writes.assets = plan.missing.count
            work.restored.writes.bytes = plan.missing.reduce(0) { $0.adding(saturating: $1.asset.size) }
            work.restored.writes.documents = plan.publishesDocument ? 3 : 0
            work.restored.writes.statuses = work.setsStatus ? 1 : 0
        }
        return work
    }

    /// Whether a restore may change a finished version's status: only if the version was published
    /// after its record was made, that is, by a restore that did not finish. Otherwise somebody has
    /// changed it since the backup.
    private func judgeStatus(_ work: inout Work, _ status: VersionStatus) async throws {
        let published = try await domain.describe(work.version)?.properties.publishedTime
        if let published, published > Double(work.manifest.recordedAt.seconds) { return }
        work.setsStatus = false
        work.restored.state = .inSync
        work.restored.warnings.append(
            "\(work.version) is \(status.rawValue) in the domain and \(work.manifest.status.rawValue) in the backup; "
                + "it is left as it is"
        )
    }

    /// Compares what the service lists now with the manifest. A version that has just been published may take a
    /// moment to show (user guide, Packages overview), so it is asked for up to four times.
    private func compare(_ work: inout Work) async throws {
        do {
            for attempt in 1...4 {
                if attempt > 1 { try await clock.sleep(for: .seconds(1)) }
                let version = work.version
                let (description, assets) = try await patiently {
                    async let description = domain.describe(version)
                    return (try await description, try await domain.allAssets(of: version))
                }
                let status = description?.status ?? .deleted
                let plan = VersionPlan(
                    work.manifest,
                    as: work.member.role == .snapshot ? .build : work.member.role,
                    present: VersionPlan.Present(status: status, assets: assets)
                )
                if plan.isInSync { return }
                guard attempt == 4 else { continue }
                var words = plan.conflicts.map { "\($0.asset.map { "\($0): " } ?? "")\($0.reason)" }
                if plan.changesStatus {
                    words.append("the status is \(status.rawValue) instead of \(work.manifest.status.rawValue)")
                }
                throw RemoteFailure(
                    .corrupt,
                    operation: Self.comparison,
                    target: "\(work.version)",
                    message: "after the restore, the service's listing does not match the manifest: "
                        + words.joined(separator: "; ")
                )
            }
        } catch {
            work.failures += try failures(error, work.version).failures
        }
    }

    /// The operation that a failed comparison is reported under.
    static let comparison = ServiceOperation.work("restore.compare")

    // MARK: Status

    /// A document alone does not always publish a version, so the status is set in any case.
    private func setStatus(_ work: inout Work) async throws {
        let (version, status) = (work.version, work.manifest.status)
        do {
            do {
                try await patiently { try await destination.setStatus(status, of: version) }
            } catch let failure as RemoteFailure where failure.kind == .conflict {
                guard try await domain.describe(version)?.status == status else { throw failure }
            }
        } catch {
            work.failures += try failures(error, version).failures
        }
    }

    /// Asks again, up to three times, for what has just been published and does not show yet.
    private func patiently<Value>(_ ask: () async throws -> Value) async throws -> Value {
        for _ in 1...3 {
            do {
                return try await ask()
            } catch let failure as RemoteFailure where failure.kind == .absent {
                try await clock.sleep(for: .seconds(1))
            }
        }
        return try await ask()
    }

    /// An error as a failure of a version; a cancellation is thrown on.
    func failures(
        _ error: any Error,
        _ version: VersionCoordinates,
        asset: String? = nil
    ) throws -> CopyFailures {
        guard let failure = RemoteFailure.narrowing(error, operation: .restore, target: "\(version)") else {
            throw CancellationError()
        }
        let item = ItemFailure(failure, version: version, asset: asset)
        return CopyFailures(failures: [item], publishedTime: nil)
    }
}
