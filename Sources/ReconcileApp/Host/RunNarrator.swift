import Logging
package import ReconcileCore

/// Turns a run's events into log records and the progress line.
package final class RunNarrator: Sendable {
    private let logger: Logger
    private let writesText: Bool
    private let display: ProgressDisplay<RunProgress>

    /// - Parameters:
    ///   - access: counts the stalled transfers of the run.
    ///   - isPreview: whether nothing is copied.
    package init(_ host: Host, of access: AWSAccess, isPreview: Bool = false) {
        logger = host.logger
        writesText = host.writesText
        display = ProgressDisplay(on: host, from: RunProgress()) { progress, elapsed in
            RunStanding(progress, elapsed: elapsed, stalled: access.stalledTransfers, isPreview: isPreview)
        }
    }

    package func narrate(_ event: RunEvent) {
        switch event {
        case .repositoriesListed(let names):
            logger.debug("repositories listed", metadata: ["count": .stringConvertible(names.count)])
        case .manifestsListed(let count):
            logger.info("manifests listed", metadata: ["count": .stringConvertible(count)])
        case .committed(let summary):
            guard logger.logLevel <= .debug else { return }
            var metadata = Self.place(summary.manifest.coordinates)
            metadata["status"] = "\(summary.manifest.status.rawValue)"
            metadata["copied"] = .stringConvertible(summary.copied)
            metadata["adopted"] = .stringConvertible(summary.adopted)
            metadata["bytes"] = .stringConvertible(summary.bytes)
            logger.debug("version committed", metadata: metadata)
        case .skipped(let version, let reason):
            logger.debug("version skipped: \(reason)", metadata: Self.place(version))
        case .failed(let failure):
            logger.error("\(failure.message)", metadata: details(failure))
        case .failedAlike(let failure):
            logger.debug("\(failure.message)", metadata: details(failure))
        case .warning(let text):
            logger.warning("\(text)")
        case .progress(let progress):
            display.note(progress)
        }
    }

    /// Does a run's work and shows its progress meanwhile.
    package func during<Value: Sendable>(_ work: () async -> Value) async -> Value {
        await display.during(work)
    }

    /// Metadata for a program; a person reads the place and kind in the message.
    private func details(_ failure: ItemFailure) -> Logger.Metadata {
        guard !writesText else { return [:] }
        let place = failure.place
        let members = [
            "repository": place.repository, "namespace": place.namespace, "package": place.package,
            "version": place.version, "asset": place.asset, "kind": failure.kind.rawValue,
        ]
        return members.compactMapValues { $0.map { Logger.Metadata.Value.string($0) } }
    }

    private static func place(_ version: VersionCoordinates) -> Logger.Metadata {
        [
            "repository": "\(version.package.repository)", "namespace": "\(version.package.namespace)",
            "package": "\(version.package.name)", "version": "\(version.version)",
        ]
    }
}
