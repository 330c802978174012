import ArgumentParser
import ReconcileApp
import ReconcileCore

/// What a drill restores, and with which client.
struct DrillFlags: ParsableArguments {
    private static let standardSample = DrillSample.share(0.02)
    private static let standardSettling = TimeSpanOrZero(seconds: 3_600)

    @Option(
        help: ArgumentHelp(
            "Restore about this share of the versions, at least \(DrillSample.least), a different sample each day. (default: \(DrillFlags.standardSample))",
            valueName: "share"
        ),
        transform: spelled
    )
    var sample: DrawnShare?

    @Option(
        help: ArgumentHelp("Restore this many versions instead, at least \(DrillSample.least).", valueName: "n"),
        transform: whole(in: 1...100_000)
    )
    var sampleCount: Int?

    @Option(
        help: ArgumentHelp(
            "Restore all matching packages or versions instead, such as 'com.acme.*:lib-*'; repeatable.",
            valueName: "group:artifact[:version]"
        ),
        transform: spelled
    )
    var package: [SelectionPattern] = []

    @Option(
        help: ArgumentHelp(
            "Which client resolves; none is the program itself. (default: mvn if it is on the PATH, else none)",
            valueName: "client"
        )
    )
    var client: Client?

    @Option(
        help: ArgumentHelp(
            """
            A repository for the plugins that mvn itself needs, such as file:///usr/share/maven-repo or \
            https://nexus.example.com/maven-public. (default: Debian's folder of them, or mvn's own settings)
            """,
            valueName: "url"
        ),
        transform: spelled
    )
    var mavenPlugins: PluginRepository?

    @Option(
        help: ArgumentHelp(
            "Stored documents that are wrong and changed within this time are unsettled, since a run may be at work; 0s "
                + "turns this off. (default: \(DrillFlags.standardSettling))",
            valueName: "duration"
        ),
        transform: spelled
    )
    var settling = DrillFlags.standardSettling

    @Option(
        help: ArgumentHelp("Stop cleanly after this time, such as 50m or 1h30m.", valueName: "duration"),
        transform: spelled
    )
    var deadline: TimeSpan?

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "Store the evidence in the backup, under drills/."
    )
    var evidence = true

    func validate() throws {
        if sample != nil, sampleCount != nil { throw ValidationError("use --sample or --sample-count, not both") }
    }

    /// The sample to draw.
    var drawn: DrillSample { sampleCount.map(DrillSample.count) ?? sample?.sample ?? Self.standardSample }

    enum Client: String, ExpressibleByArgument, CaseIterable, Sendable {
        case mvn, gradle, none
    }
}

/// Where a drill restores to, if not into an empty folder.
struct IntoDomainFlags: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: """
            Restore into an empty repository of a domain, --to-repository, instead, compare what the service lists, and \
            print the command that removes it; deletes nothing itself.
            """
    )
    var intoDomain = false

    @OptionGroup var place: TargetRepositoryFlags
    @OptionGroup var target: TargetFlags
}

/// A share of a backup's versions.
struct DrawnShare: Spelled, Hashable {
    let sample: DrillSample

    init?(spelled text: String) {
        guard text.hasSuffix("%"), let sample = DrillSample(text) else { return nil }
        self.sample = sample
    }

    static let spelling = "a share such as 2%, from 0.1% to 100%; --sample-count takes a number of versions"
}

/// The URL of a repository with Maven plugins.
struct PluginRepository: Spelled, Hashable {
    let url: String

    init?(spelled text: String) {
        let isKnown = ["file:///", "https://", "http://"].contains { text.hasPrefix($0) && text.count > $0.count }
        guard isKnown, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        url = text
    }

    static let spelling = "a file:///, https:// or http:// URL"
}
