package import ReconcileCore

/// The options of a run, as its groups of flags give them.
extension Reconciler.Options {
    package init(selection: SelectionFlags, origin: OriginFlags, copying: CopyFlags, pace: PaceFlags) {
        self.init()
        self.selection = selection.selection(origin)
        width = pace.width
        copying.apply(to: &self)
    }
}
