/// What a restore does about the origin controls of one package. Pure.
///
/// They are set before the first version is published, so that no upstream repository offers what is about to come back
/// (user guide, Package origin controls). A package whose publishing is blocked cannot be restored under its own: it
/// has them with publishing allowed until its versions are there. A package that is in the domain keeps what it has.
struct OriginControlsPlan: Hashable, Sendable {
    /// To be set before the first version is published; nil where nothing is.
    private(set) var first: OriginControls?
    /// To be set when every version is there; nil where nothing is.
    private(set) var last: OriginControls?
    /// What the operator is to know.
    private(set) var warning: String?

    /// Nothing recorded: publishing gives the package what it had.
    init() {}

    /// Of a package that the domain holds no version of.
    init(missing record: PackageRecord) {
        first = Self.whilePublishing(record)
        last = record.originControls == first ? nil : record.originControls
    }

    /// Of a package that the domain holds versions of.
    ///
    /// - Parameters:
    ///   - present: what the package has; nil where the service does not say.
    ///   - wasRestored: whether its versions were published after the record was made, so by a restore.
    init(_ target: PackageCoordinates, has present: OriginControls?, wasRestored: Bool, record: PackageRecord) {
        guard let present, present != record.originControls else { return }
        if wasRestored, Self.isUnfinished(present, record) {
            last = record.originControls
        } else {
            warning =
                "\(target) has the origin controls \(present) in the domain and \(record.originControls) in the backup; "
                + "they are left as they are"
        }
    }

    /// Whether a package looks the way a restore leaves it that was stopped early.
    static func isUnfinished(_ present: OriginControls?, _ record: PackageRecord) -> Bool {
        present != record.originControls && present == whilePublishing(record)
    }

    private static func whilePublishing(_ record: PackageRecord) -> OriginControls {
        OriginControls(publish: .allow, upstream: record.originControls.upstream)
    }
}
