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
        copying.apply(to: &self)
        recordsConfiguration = recording?.recordConfiguration ?? false
    }
}
