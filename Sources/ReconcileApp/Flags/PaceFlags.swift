package import ArgumentParser
package import ReconcileCore

/// How much work to do concurrently, and for how long.
package struct PaceFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Assets in transfer at once, and other pieces of work beside them: a number, or auto, which finds out how many \
            make a run faster. (default: auto)
            """,
            valueName: "n"
        ),
        transform: spelled
    )
    package var width = Width.auto

    @Option(
        help: ArgumentHelp(
            "Stop cleanly after this time, such as 50m or 1h30m.",
            valueName: "duration"
        ),
        transform: spelled
    )
    package var deadline: TimeSpan?

    @OptionGroup package var ending: GraceFlags

    package init() {}

    /// How long the command may run.
    package var budget: RunBudget { RunBudget(deadline: deadline?.duration, grace: ending.grace.duration) }
}

/// How long transfers in progress may take to finish after work is stopped.
package struct GraceFlags: ParsableArguments {
    private static let standard = TimeSpan(seconds: 25)

    @Option(
        help: ArgumentHelp(
            "Time allowed for transfers in progress to finish after a signal or the deadline. (default: \(GraceFlags.standard))",
            valueName: "duration"
        ),
        transform: spelled
    )
    package var grace = GraceFlags.standard

    package init() {}
}

extension Width: Spelled {
    package init?(spelled text: String) {
        if text == "auto" {
            self = .auto
        } else if let number = Int(text), (1...512).contains(number) {
            self = .fixed(number)
        } else {
            return nil
        }
    }

    package static var spelling: String { "auto, or a whole number from 1 to 512" }
}
