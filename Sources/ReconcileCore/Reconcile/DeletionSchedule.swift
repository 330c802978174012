/// The last part of a run: versions that have disappeared from the listing, package by package.
///
/// Two versions of one package never run concurrently, because each publishes the package's metadata before its commit.
struct DeletionSchedule: WorkSchedule {
    struct Item: Sendable {
        let coordinates: VersionCoordinates
        let newestRecord: Timestamp?
        /// Whether all of its records are Archived or Disposed.
        let isOnlyWithdrawn: Bool
        /// The same for all versions of a package.
        let packageNumber: Int
    }

    struct Outcome: Sendable {
        let item: Item
        /// Nil if the source has the version in the recorded state although it doesn't list it.
        let copy: CopyOutcome?
        /// Whether the source described the version.
        let isShown: Bool

        init(item: Item, _ copy: CopyOutcome?, isShown: Bool = false) {
            self.item = item
            self.copy = copy
            self.isShown = isShown
        }
    }

    private(set) var tally: RunTally
    private let stop: StopSignal
    private let observe: @Sendable (RunEvent) -> Void
    /// The remaining versions of each package, last first; packages in their original order.
    private var waiting: [[Item]] = []
    /// The remaining versions of packages in progress, by package number.
    private var inWork: [Int: [Item]] = [:]

    init(
        gone: [VersionCoordinates],
        recordedIn index: ManifestIndex,
        tally: RunTally,
        in context: RunContext<RunEvent>
    ) {
        self.tally = tally
        stop = context.stop
        observe = context.observe
        for coordinates in gone.reversed() {
            let isSamePackage = waiting.last?.last?.coordinates.package == coordinates.package
            let item = Item(
                coordinates: coordinates,
                newestRecord: index.newestRecord(of: coordinates),
                isOnlyWithdrawn: index.isOnlyWithdrawn(coordinates),
                packageNumber: isSamePackage ? waiting.count - 1 : waiting.count
            )
            if isSamePackage {
                waiting[waiting.count - 1].append(item)
            } else {
                waiting.append([item])
            }
        }
    }

    mutating func next() -> Item? {
        guard tally.fatal == nil, !tally.interrupted, stop.reason == nil else {
            if !waiting.isEmpty || inWork.values.contains(where: { !$0.isEmpty }) { tally.leftOver = true }
            return nil
        }
        guard var versions = waiting.popLast(), let item = versions.popLast() else { return nil }
        inWork[item.packageNumber] = versions
        return item
    }

    mutating func absorb(_ outcome: Outcome) {
        if let copy = outcome.copy {
            tally.absorb(copy, ofUnlisted: outcome.item.coordinates, isShown: outcome.isShown, observe)
            tally.remember(copy, isNew: false)
        } else {
            tally.countUnlisted()
            if outcome.item.isOnlyWithdrawn { tally.noteOnlyWithdrawn(outcome.item.coordinates) }
        }
        if let rest = inWork.removeValue(forKey: outcome.item.packageNumber), !rest.isEmpty { waiting.append(rest) }
        observe(.progress(tally.progress))
    }
}
