/// What a restore does about the origin controls of one package. Pure.
///
/// They are set before the first version is published, so that no upstream repository offers what
/// is about to come back (user guide, Package origin controls). A package whose publishing is
/// blocked cannot be restored under its own controls: publishing is allowed until its versions are
/// there. A package that is in the domain keeps what it has, and none is opened to upstream
/// repositories unless the operator says so, and its record is proved or accepted: otherwise a
/// forged one could let in any version under one of the domain's own names.
struct OriginControlsPlan: Hashable, Sendable {
    /// To be set before the first version is published; nil where nothing is.
    private(set) var first: OriginControls?
    /// To be set when every version is there; nil where nothing is.
    private(set) var last: OriginControls?
    /// What the operator should know.
    private(set) var warning: String?
    /// What the record opens to upstream repositories and the plan does not.
    private(set) var withheld: OriginControls?

    /// Nothing recorded: publishing gives the package what it had.
    init() {}

    /// Of a package that the domain holds no version of.
    init(missing record: PackageRecord, mayOpen: Bool) {
        let wanted = mayOpen ? record.originControls : record.originControls.closedToUpstream
        let opening = OriginControls(publish: .allow, upstream: wanted.upstream)
        first = opening
        last = wanted == opening ? nil : wanted
        withheld = wanted == record.originControls ? nil : record.originControls
    }

    /// Of a package that the domain holds versions of.
    ///
    /// - Parameters:
    ///   - present: what the package has; nil where the service does not say.
    ///   - wasRestored: whether its versions were published after the record was made, so by a restore.
    init(
        _ target: PackageCoordinates,
        has present: OriginControls?,
        wasRestored: Bool,
        record: PackageRecord,
        mayOpen: Bool
    ) {
        guard let present, present != record.originControls else { return }
        if wasRestored, Self.isUnfinished(present, record) {
            let isOpen = present.upstream == .allow || mayOpen
            let wanted = isOpen ? record.originControls : record.originControls.closedToUpstream
            last = wanted == present ? nil : wanted
            withheld = wanted == record.originControls ? nil : record.originControls
        } else {
            warning =
                "\(target) has the origin controls \(present) in the domain and \(record.originControls) in the backup; "
                + "they are left as they are"
        }
    }

    /// Whether a package looks the way it does after a restore that was stopped early, or that was
    /// not allowed to open it.
    static func isUnfinished(_ present: OriginControls?, _ record: PackageRecord) -> Bool {
        let recorded = record.originControls
        let opening = OriginControls(publish: .allow, upstream: recorded.upstream)
        return present != recorded
            && [opening, opening.closedToUpstream, recorded.closedToUpstream].contains(present)
    }

    /// That the package stays closed, as a failure of the restore; nil where nothing is withheld.
    ///
    /// - Parameter openings: what an operator has to accept too; nil where a trust file proves the record.
    func refusal(of target: PackageCoordinates, accepting openings: OpeningRecords?) -> RemoteFailure? {
        guard let withheld else { return nil }
        let acceptance = openings.map {
            " --accept-unproved \($0.digest) (this accepts \(Quantity.count($0.count, "unproved record")))"
        }
        return RemoteFailure(
            .untrusted,
            operation: .restore,
            target: "\(target)",
            message:
                "its record says \(withheld); it is restored, but stays closed to upstream repositories. To open it, "
                + "run again with --allow-upstream\(acceptance ?? "")"
        )
    }
}
