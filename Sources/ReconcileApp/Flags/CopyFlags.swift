package import ArgumentParser
package import ReconcileCore

/// How a run copies and adopts files, what it derives from them, and when it refuses to record deletions.
package struct CopyFlags: ParsableArguments {
    @OptionGroup package var checksumFiles: ChecksumFileFlags

    @Option(
        help: ArgumentHelp(
            "Read and regenerate maven-metadata.xml for packages with drift, or for all.",
            valueName: "packages"
        )
    )
    package var metadata = MetadataScope.changed

    @Option(
        help: ArgumentHelp(
            "What to do if a file in the backup has other bytes in the domain: keep both, or fail that version.",
            valueName: "action"
        )
    )
    package var onMutation = Mutation.Policy.accept

    @Option(
        help: ArgumentHelp(
            """
            How to verify a file that is already in the backup: by its SHA-256 (a request for each file, or a download if the \
            bucket has not stored the hash), or by its ETag alone, an MD5.
            """,
            valueName: "proof"
        )
    )
    package var adoptBy = AssetCopier.Adoption.sha256

    @OptionGroup package var guarding: GuardFlags

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: """
            Start signing a backup that has unsigned records: whatever the domain has is recorded again, without a download, \
            and older records no longer count. Use it once.
            """
    )
    package var beginSigning = false

    package init() {}

    package enum MetadataScope: String, ExpressibleByArgument, CaseIterable, Sendable {
        case changed, always
    }
}

/// Which checksum files to keep beside the assets in the backup.
package struct ChecksumFileFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "sha1 keeps a .sha1 file beside each asset, for plain static hosting; verify then expects each.",
            valueName: "kind"
        )
    )
    package var sidecars = Kind.none

    package init() {}

    package enum Kind: String, ExpressibleByArgument, CaseIterable, Sendable {
        case none, sha1
    }
}

/// When a listing of the domain lacks so much that missing versions do not count as deleted.
package struct GuardFlags: ParsableArguments {
    private static let standardWindow = TimeSpanOrZero(seconds: 7 * 86_400)

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "Treat missing versions as deleted even if the domain lists less than half of the releases in the backup."
    )
    package var allowMassDeletion = false

    @Option(
        help: ArgumentHelp(
            """
            How far back the guard against mass deletion looks: releases withdrawn or deleted within this time still count as \
            known. 0s looks only at what the domain lists now. (default: \(GuardFlags.standardWindow))
            """,
            valueName: "duration"
        ),
        transform: spelled
    )
    package var deletionWindow = GuardFlags.standardWindow

    package init() {}

    package var deletionGuard: DeletionGuard {
        var deletions = DeletionGuard()
        deletions.allowsMassDeletion = allowMassDeletion
        deletions.window = deletionWindow.span.duration
        return deletions
    }
}

extension Mutation.Policy: ExpressibleByArgument {}
extension AssetCopier.Adoption: ExpressibleByArgument {}

/// The options of a run, as its groups of flags give them.
extension Reconciler.Options {
    /// - Parameter recording: nil for what records nothing.
    package init(
        selection: SelectionFlags,
        origin: OriginFlags,
        copying: CopyFlags,
        recording: ConfigurationFlags? = nil,
        pace: PaceFlags
    ) {
        self.init()
        self.selection = selection.selection(origin)
        width = pace.width
        metadataAlways = copying.metadata == .always
        self.copying.writesSidecars = copying.checksumFiles.sidecars == .sha1
        self.copying.onMutation = copying.onMutation
        self.copying.adoption = copying.adoptBy
        deletionGuard = copying.guarding.deletionGuard
        beginsSigning = copying.beginSigning
        recordsConfiguration = recording?.recordConfiguration ?? false
    }
}
