package import Logging
package import ReconcileCore

/// The progress of work at one moment: a line for a person, and metadata for a log.
package protocol Standing: Sendable {
    var line: ProgressLine { get }
    /// The metadata; numbers are kept as numbers.
    var record: Logger.Metadata { get }
}

/// The progress of a run, a restore or a comparison with the domain.
package struct RunStanding: Standing, Hashable {
    private let progress: RunProgress
    private let elapsed: Duration
    /// The number of stalled transfers.
    private let stalled: Int
    private let isPreview: Bool

    /// - Parameter isPreview: whether versions are only inspected and nothing is copied.
    package init(_ progress: RunProgress, elapsed: Duration, stalled: Int = 0, isPreview: Bool = false) {
        self.isPreview = isPreview
        self.progress = progress
        self.elapsed = elapsed
        self.stalled = stalled
    }

    package var line: ProgressLine {
        guard progress.packagesListed > 0 else {
            let parts: [ProgressLine.Part?] = [
                ProgressLine.Part("listing", rank: 1), ProgressLine.Part.stalled(stalled),
                ProgressLine.Part.elapsed(elapsed),
            ]
            return ProgressLine(parts.compactMap(\.self))
        }
        let packages = "\(progress.packagesDone)/\(progress.packagesListed)\(progress.allPackagesListed ? "" : "+")"
        var parts: [ProgressLine.Part?] = [
            ProgressLine.Part("\(packages) packages", short: packages, rank: 1),
            ProgressLine.Part(Quantity.count(progress.versionsListed, "version"), rank: 9),
        ]
        if progress.drifted > 0 {
            let more = progress.listingComplete ? "" : "+"
            let done = isPreview ? "looked at" : "done"
            parts.append(ProgressLine.Part("\(progress.succeeded)/\(progress.drifted)\(more) \(done)", rank: 5))
        }
        if progress.failed > 0 { parts.append(ProgressLine.Part("\(progress.failed) failed", rank: 4, colour: .red)) }
        if progress.bytesCopied > 0, !isPreview {
            parts.append(ProgressLine.Part(Quantity.bytes(progress.bytesCopied), rank: 8))
            parts.append(ProgressLine.Part("\(Quantity.bytes(bytesPerSecond))/s", rank: 7))
        }
        parts.append(ProgressLine.Part.stalled(stalled))
        parts.append(ProgressLine.Part.elapsed(elapsed))
        if let left = timeLeft {
            parts.append(
                ProgressLine.Part("\(Quantity.time(left))\(progress.allPackagesListed ? "" : "+") left", rank: 2)
            )
        }
        return ProgressLine(parts.compactMap(\.self))
    }

    package var record: Logger.Metadata {
        var record: Logger.Metadata = [
            "packagesDone": .stringConvertible(progress.packagesDone),
            "packagesListed": .stringConvertible(progress.packagesListed),
            "packagesLeft": .stringConvertible(progress.packagesListed - progress.packagesDone),
            "allPackagesListed": .stringConvertible(progress.allPackagesListed),
            "versionsListed": .stringConvertible(progress.versionsListed),
            "versionsDone": .stringConvertible(progress.settled),
            "versionsLeft": .stringConvertible(progress.drifted - progress.settled),
            "failed": .stringConvertible(progress.failed),
            "bytes": .stringConvertible(progress.bytesCopied),
            "bytesPerSecond": .stringConvertible(bytesPerSecond),
            "stalled": .stringConvertible(stalled),
            "seconds": .stringConvertible(elapsed.wholeSeconds),
        ]
        if let left = timeLeft { record["secondsLeft"] = .stringConvertible(left.wholeSeconds) }
        return record
    }

    private var bytesPerSecond: Int64 { Int64(Double(progress.bytesCopied) / max(elapsed.inSeconds, 1)) }

    /// The estimated time left at the current pace; nil until there is a pace, and if nothing is left. Until all
    /// packages are listed, it is a lower bound.
    ///
    /// Packages are processed in an order unrelated to their contents, so the remaining ones are assumed to need as
    /// many copies as those already done. The slower of the listing and the copies determines the estimate.
    package var timeLeft: Duration? {
        guard elapsed >= Self.settling, progress.packagesDone > 0 else { return nil }
        let share = Double(progress.packagesListed) / Double(progress.packagesDone)
        var left = elapsed * (share - 1)
        if progress.settled > 0 {
            left = max(left, elapsed * (Double(progress.drifted) * share / Double(progress.settled) - 1))
        }
        return left > .zero ? left : nil
    }

    /// How long to wait before a pace is meaningful.
    private static let settling: Duration = .seconds(5)
}

/// The progress of a verification, whose total is not known in advance.
package struct VerifyStanding: Standing, Hashable {
    private let progress: VerifyProgress
    private let elapsed: Duration
    private let stalled: Int

    package init(_ progress: VerifyProgress, elapsed: Duration, stalled: Int = 0) {
        self.progress = progress
        self.elapsed = elapsed
        self.stalled = stalled
    }

    package var line: ProgressLine {
        let looked = progress.looked
        let parts: [ProgressLine.Part?] = [
            ProgressLine.Part(Quantity.count(looked.packages, "package"), rank: 1),
            ProgressLine.Part(Quantity.count(looked.manifests, "manifest"), rank: 6),
            ProgressLine.Part("\(Quantity.bytes(looked.bytes.read)) read", rank: 5),
            ProgressLine.Part(
                Quantity.count(progress.faults, "fault"),
                rank: 2,
                colour: progress.faults > 0 ? .red : nil
            ),
            progress.waiting > 0
                ? ProgressLine.Part(
                    "waiting for \(Quantity.count(progress.waiting, "file")) that changed recently",
                    rank: 3,
                    colour: .yellow
                ) : nil,
            ProgressLine.Part.stalled(stalled), ProgressLine.Part.elapsed(elapsed),
        ]
        return ProgressLine(parts.compactMap(\.self))
    }

    package var record: Logger.Metadata {
        [
            "packages": .stringConvertible(progress.looked.packages),
            "manifests": .stringConvertible(progress.looked.manifests),
            "bytes": .stringConvertible(progress.looked.bytes.read),
            "faults": .stringConvertible(progress.faults), "waiting": .stringConvertible(progress.waiting),
            "stalled": .stringConvertible(stalled),
            "seconds": .stringConvertible(elapsed.wholeSeconds),
        ]
    }
}

extension ProgressLine.Part {
    fileprivate static func stalled(_ count: Int) -> Self? {
        count > 0 ? Self("\(count) stalled", rank: 3, colour: .yellow) : nil
    }

    fileprivate static func elapsed(_ time: Duration) -> Self { Self(Quantity.time(time), rank: 6) }
}

extension Duration {
    fileprivate var wholeSeconds: Int { Int(inSeconds.rounded()) }
}
