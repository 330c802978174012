package import AWSServices
package import ArgumentParser
import FoundationEssentials
import Logging
package import ReconcileApp
package import ReconcileCore

/// `reconcile get`: fetches one file of a version and verifies its bytes.
package struct Get: HostedCommand {
    package static let examples = [
        "reconcile get com.acme:app:1.0 --domain my-domain --backup s3://my-bucket",
        "reconcile get com.acme:app:1.0:app-1.0-sources.jar --domain my-domain --backup s3://my-bucket --output /tmp",
        "reconcile get com.acme:app:1.0:app-1.0.pom --domain my-domain --backup file:///srv/backup --output -",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "Fetch one file of a version from the backup and check its SHA-256.",
        usage: usageLines("reconcile get <group:artifact:version[:file]> --domain <name> --backup <url> [options]"),
        discussion: helpPage(
            examples: examples,
            """
            Reads only the backup; the domain may no longer exist, and the version may have been deleted from it. \
            Without a file's name it gets the version's main artifact, such as its jar, if there is only one. The bytes are \
            kept in a temporary file until their SHA-256 is the one that the version's record names; only then does the \
            file appear, or anything reach standard output. If several repositories have the file with different bytes, \
            choose one with --repository.

            Exit status: as for a run; 3 if the bytes are not those of the record or a record cannot be read, 8 if nothing \
            is recorded under the name or the file is already there, 64 if the name could mean several files.
            """
        )
    )

    @OptionGroup package var asked: AskedAsset
    @OptionGroup package var backup: BackupFlags
    @OptionGroup(title: "What to get") package var repositories: RepositoryFlags
    @OptionGroup(title: "What to get") package var moment: AsOfFlags
    @OptionGroup(title: "What to get") package var first: FirstRecordedFlags
    @OptionGroup(title: "Where to put it") package var destination: GetFlags
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "AWS") package var bucket: BucketFlags
    @OptionGroup(title: "Pace") package var pace: PaceFlags
    @OptionGroup(title: "Logs") package var log: LogFlags

    package init() {}

    package func missing(in settings: AWSSettings) -> [String] { missing(of: backup, bucket, in: settings) }

    package var operations: Set<ServiceOperation> { backup.operations(for: .get) }

    /// What was fetched, and the path that it was written to.
    package struct Got: Sendable {
        let found: BackupReview.FoundAsset
        let path: String
    }

    package func perform(on host: Host) async throws -> Got {
        try await aws.withAccess(on: host, for: operations, width: pace.width.pieces) { access in
            let open = try backup.open(access, bucket)
            var selection = Selection()
            selection.repositories = repositories.repository
            let lookup = BackupReview(of: open.backup, selection: selection, width: pace.width.pieces)
            let (address, asOf, destination) = (asked.address, moment.asOf?.time, destination)
            let givesFirst = first.firstRecorded
            let temporary = host.temporaryFolder
            return try await host.supervisingThrowing(pace.budget) { stop in
                let found: BackupReview.FoundAsset
                do {
                    found = try await lookup.asset(address, asOf: asOf, givesFirst: givesFirst, stop: stop)
                } catch let ambiguity as AmbiguousAsset {
                    throw UsageFailure("\(ambiguity)")
                }
                let file = try ProvedFile(
                    at: destination.path(for: found.stored),
                    replaces: destination.force,
                    temporary: temporary
                )
                try await access.policy.run {
                    try file.restart()
                    try await open.backup.read(found.stored) { piece in
                        if stop.reason != nil { throw CancellationError() }
                        try file.append(piece)
                    }
                }
                try file.publish()
                return Got(found: found, path: file.path)
            }
        }
    }

    package func render(_ got: Got, on host: Host) async -> ExitStatus {
        let (record, asset) = (got.found.record, got.found.stored.asset)
        let place = got.path == "-" ? "" : ", now \(got.path)"
        host.logger.notice(
            """
            \(asset.name) of \(record.coordinates) as recorded \(record.recordedAt.extended): \
            \(Quantity.bytes(asset.size)), SHA-256 \(asset.checksums.sha256 ?? "")\(place)
            """
        )
        if let notice = got.found.notice { host.logger.warning("\(notice)") }
        for failure in got.found.passedOver {
            host.logger.error("a newer record was passed over: \(failure); run verify")
        }
        for failure in got.found.hidden {
            host.logger.error("another record of the version may be where nothing is shown: \(failure); run verify")
        }
        return got.found.passedOver.isEmpty && got.found.hidden.isEmpty ? .converged : .failures
    }
}

/// The argument that names the requested file.
package struct AskedAsset: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The version, and the name of one of its files if it is not the main artifact.",
            valueName: "group:artifact:version[:file]"
        ),
        transform: spelled
    )
    package var address: AssetAddress

    package init() {}
}

extension AssetAddress: Spelled {
    package init?(spelled text: String) { self.init(text) }

    package static let spelling = "group:artifact:version or group:artifact:version:file, without * and ?"

    package static func correction(of text: String) -> String? {
        if let correction = withoutRepository(text) { return correction }
        return text.isEmpty || text.contains(":") ? nil : "\(spelling): \(groupSearch(text))"
    }
}

/// Where to write the file.
package struct GetFlags: ParsableArguments {
    // The setting is named `to` because `output` is the format of listings, and one environment serves all commands.
    @Option(
        name: [.customLong("to"), .customLong("output")],
        help: ArgumentHelp(
            "The file or the directory to write to; - is standard output. Otherwise the working directory.",
            valueName: "file"
        ),
        completion: .file()
    )
    package var to: String?

    @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: "Replace a file that is already there.")
    package var force = false

    package init() {}

    /// Returns the path for a file of the backup. Anyone who could publish may have chosen its name, so it is reduced
    /// to one path segment.
    func path(for stored: Manifest.StoredAsset) -> String {
        let name = stored.key.value.split(separator: "/").last.map(String.init) ?? "asset"
        // A file may be named `-`, which does not mean standard output.
        guard let to else { return "./\(name)" }
        guard to != "-", ProvedFile.isDirectory(to) else { return to }
        return to.hasSuffix("/") ? to + name : "\(to)/\(name)"
    }
}
