package import ArgumentParser

/// How much is done at once, and for how long.
package struct PaceFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Assets in transfer at once, and other pieces of work beside them. (default: 32)",
            valueName: "n"
        ),
        transform: whole(in: 1...512)
    )
    package var width = 32

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

    /// The time that the command has.
    package var budget: RunBudget { RunBudget(deadline: deadline?.duration, grace: ending.grace.duration) }
}

/// How long running transfers may take once work is stopped.
package struct GraceFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Time allowed for transfers in progress to finish after a signal or the deadline. (default: 25s)",
            valueName: "duration"
        ),
        transform: spelled
    )
    package var grace = TimeSpan(seconds: 25)

    package init() {}
}
