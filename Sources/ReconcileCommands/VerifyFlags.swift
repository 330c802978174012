package import ArgumentParser
package import ReconcileApp
package import ReconcileCore

/// How thoroughly to check, and how much.
package struct VerifyFlags: ParsableArguments {
    private static let standardSettling = TimeSpanOrZero(seconds: 3_600)

    @Option(
        help: ArgumentHelp("How closely to check; each depth includes those before it.", valueName: "depth")
    )
    package var depth = VerifyDepth.objects

    @Option(
        help: ArgumentHelp(
            "Check the checksums or bytes of about this share of the objects only, such as 5%, drawn anew each time.",
            valueName: "share"
        ),
        transform: spelled
    )
    package var sample: SampleShare?

    @Option(
        help: ArgumentHelp(
            "Check the checksums or bytes of the k-th of n equal parts of the objects only, from 0; today/30 is a "
                + "different part each day (UTC).",
            valueName: "k/n"
        ),
        transform: spelled
    )
    package var subset: SamplePart?

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: """
            Also compare the records of versions that are in sync with the files that the domain lists for them, to find forged \
            ones; --sample and --subset choose the versions. Needs --domain-owner.
            """
    )
    package var againstDomain = false

    @Option(
        help: ArgumentHelp(
            "Files that do not match yet and were written within this time are unsettled, not faults, since another "
                + "writer may be at work; 0s excuses none. (default: \(VerifyFlags.standardSettling))",
            valueName: "duration"
        ),
        transform: spelled
    )
    package var settling = VerifyFlags.standardSettling

    @Option(
        help: ArgumentHelp(
            "Compare the records with a digest that was noted outside the bucket, from a run's log, report or metrics; "
                + "repeatable.",
            valueName: "cutoff:digest"
        ),
        transform: spelled
    )
    package var checkpoint: [NotedCheckpoint] = []

    @Option(
        help: ArgumentHelp(
            "Compare what the records say with a digest that was noted outside the bucket, from an earlier verification of the "
                + "same selection; repeatable.",
            valueName: "cutoff:digest"
        ),
        transform: spelled
    )
    package var contents: [NotedCheckpoint] = []

    @Option(
        help: ArgumentHelp(
            "Report it as a fault if the newest checkpoint is older, or if there is no checkpoint. Without this, one that is "
                + "older than \(TimeSpan(seconds: Int(Checkpoint.longestPause))) is a warning; with none, no age is.",
            valueName: "duration"
        ),
        transform: spelled
    )
    package var maxCheckpointAge: CheckpointAgeLimit?

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "Report objects that no manifest names and archived objects as faults, not only as notes."
    )
    package var strict = false

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: ArgumentHelp(
            "With --depth bytes, compare SHA-512, SHA-1 and MD5 too. SHA-256 alone proves the bytes, and takes a fraction of "
                + "the time."
        )
    )
    package var allChecksums = false

    package init() {}

    package func validate() throws {
        if sample != nil, subset != nil { throw ValidationError("use --sample or --subset, not both") }
        if allChecksums, depth != .bytes { throw ValidationError("--all-checksums requires --depth bytes") }
    }
}

/// Which faults to accept as losses.
package struct AcceptanceFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Accept the fault under this key as a loss: it is recorded once, listed in every report and no longer a "
                + "fault. * matches any characters; repeatable. Requires --reason.",
            valueName: "key[@versionid]"
        )
    )
    package var acceptLoss: [String] = []

    @Option(help: ArgumentHelp("Why the losses are accepted, for whoever reads the reports.", valueName: "text"))
    package var reason: String?

    package init() {}

    package func validate() throws {
        if !acceptLoss.isEmpty, reason?.isEmpty ?? true { throw ValidationError("--accept-loss requires --reason") }
    }

    /// Nil if no losses are accepted.
    var acceptance: Verifier.Acceptance? {
        guard let reason, !acceptLoss.isEmpty else { return nil }
        return Verifier.Acceptance(
            names: acceptLoss,
            reason: reason,
            recorder: Manifest.Recorder(door: "verify", version: ProgramVersion.current)
        )
    }
}

/// Whether to store the report in the backup.
package struct RecordFlags: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "Store the report in the backup too, under verifications/, where doctor finds the last one."
    )
    package var record = false

    package init() {}
}

extension VerifyDepth: ExpressibleByArgument {}

/// How old the newest checkpoint may be, or that it may be of any age.
package struct CheckpointAgeLimit: Spelled, Hashable {
    package let age: Verifier.Options.CheckpointAge

    package init?(spelled text: String) {
        if text == "none" {
            age = .any
        } else if let span = TimeSpan(spelled: text) {
            age = .required(span.duration)
        } else {
            return nil
        }
    }

    package static let spelling = "\(TimeSpan.spelling), or none for any age"
}

/// A digest of records and its cutoff.
package struct NotedCheckpoint: Spelled, Hashable {
    package let anchor: CheckpointAnchor

    package init?(spelled text: String) {
        guard let anchor = CheckpointAnchor(text) else { return nil }
        self.anchor = anchor
    }

    package static let spelling = "a cutoff and a SHA-256, such as 20261129T080000Z:5f70bf18…"
}

/// A share of the objects, drawn anew each time.
package struct SampleShare: Spelled, Hashable {
    package let sample: ObjectSample

    package init?(spelled text: String) {
        guard let sample = ObjectSample(share: text, seed: .random(in: .min ... .max)) else { return nil }
        self.sample = sample
    }

    package static let spelling = "a share such as 5%, from 0.1% to 100%"
}

/// A part of the objects, by number or by day.
package struct SamplePart: Spelled, Hashable {
    package let sample: ObjectSample

    package init?(spelled text: String) {
        let now = Timestamp(secondsSince1970: SystemClock().secondsSince1970())
        guard let sample = ObjectSample(subset: text, now: now) else { return nil }
        self.sample = sample
    }

    package static let spelling =
        "a part such as 3/30 or today/30; the first number is below the second, and that is 1000 at most"
}
