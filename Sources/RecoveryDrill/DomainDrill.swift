package import ReconcileCore
import Synchronization

/// A repository of a domain that a drill restores into.
package struct DrillDestination: Sendable {
    let source: any PackageSource
    let destination: any PackageDestination
    let place: DrillReport.Destination

    /// - Parameter source: reads the same domain that `destination` publishes to.
    package init(
        _ place: DrillReport.Destination,
        source: any PackageSource,
        destination: any PackageDestination
    ) {
        (self.source, self.destination, self.place) = (source, destination, place)
    }
}

extension RecoveryDrill {
    /// Restores the versions as `restore` does, into a repository that has none of their packages, and compares what
    /// the service lists with the records. Deletes nothing.
    ///
    /// - Parameters:
    ///   - width: the concurrency of the restore.
    ///   - began: when the drill began, in seconds since 1970.
    /// - Throws: an `invalid` failure if the repository already has one of the packages; the failure that keeps the
    ///   store or the domain from responding; `CancellationError` when the drill is stopped. The report then contains
    ///   what was found so far.
    package func restore(
        _ versions: [ManifestRecord],
        to target: DrillDestination,
        width: Int,
        counting ledger: RequestLedger,
        began: Double,
        into report: inout DrillReport
    ) async throws {
        let comparison = ListedComparison(of: target.source, in: target.place.repository)
        if let present = try await comparison.firstPresent(of: versions, layout: backup.layout) {
            throw RemoteFailure(
                .invalid,
                operation: .drill,
                target: "\(target.place.domain)/\(target.place.repository)",
                message: "it has \(present.namespace):\(present.name) already, so what is found in it would prove "
                    + "nothing. Name an empty repository with --to-repository"
            )
        }
        report.destination = target.place
        let manifests = try await read(versions, &report)
        for manifest in manifests where manifest.isOnlyPOM { report.versions.onlyPOM += 1 }
        let first = Mutex<Double?>(nil)
        let context = RunContext<RunEvent>(clock: clock, ledger: ledger, stop: stop) { [clock] event in
            guard case .committed = event else { return }
            first.withLock { $0 = $0 ?? clock.secondsSince1970() }
        }
        let restorer = Restorer(
            backup: backup,
            domain: target.source,
            destination: target.destination,
            options: options(for: versions, target, width)
        )
        let restored = await restorer.run(id: report.drillID, in: context).run
        let ended = clock.secondsSince1970()
        if stop.reason != nil { throw CancellationError() }
        if restored.outcome == .failed {
            report.outcome = .failed
            report.failureKind = restored.failureKind
            report.message = restored.message
            return
        }
        try await comparison.compare(
            manifests,
            after: restored.failures,
            into: &report,
            layout: backup.layout,
            stop: stop
        )
        guard let first = first.withLock(\.self) else { return }
        report.recoveryTime.firstSeconds = Self.rounded(first - began)
        if report.files.returned == report.files.wanted { report.recoveryTime.allSeconds = Self.rounded(ended - began) }
    }

    private func options(
        for versions: [ManifestRecord],
        _ target: DrillDestination,
        _ width: Int
    ) -> Restorer.Options {
        var options = Restorer.Options()
        options.selection = plan.selection
        options.choice.asOf = plan.moment
        options.needed = NeededVersions(versions.map { ArtifactVersion($0.coordinates) })
        options.repository = target.place.repository
        options.isSameDomain = false
        options.width = width
        return options
    }
}
