package import ReconcileCore

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
