package import ArgumentParser
package import ReconcileCore

/// Which repositories to process.
package struct RepositoryFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only this repository of the domain; repeatable. All of them when absent.",
            valueName: "name"
        ),
        completion: Completions.repositories
    )
    package var repository: [String] = []

    package init() {}
}

/// Which repositories to process, and which packages to skip.
package struct ScopeFlags: ParsableArguments {
    @OptionGroup package var repositories: RepositoryFlags

    @Option(
        help: ArgumentHelp(
            "Skip matching packages or versions; repeatable.",
            valueName: "group:artifact[:version]"
        ),
        transform: spelled
    )
    package var exclude: [SelectionPattern] = []

    package init() {}

    package var repository: [String] { repositories.repository }

    package var selection: Selection {
        var selection = Selection()
        selection.repositories = repository
        selection.exclude = exclude.map(\.pattern)
        return selection
    }
}

/// Which packages to process, optionally only a shard of them.
package struct SelectionFlags: ParsableArguments {
    @OptionGroup package var scope: ScopeFlags

    @Option(
        help: ArgumentHelp(
            "Only matching packages or versions, such as 'com.acme.*:lib-*', except those that --exclude names; repeatable.",
            valueName: "group:artifact[:version]"
        ),
        transform: spelled
    )
    package var package: [SelectionPattern] = []

    @Option(
        help: ArgumentHelp(
            "Only the i-th of n equal parts of the packages, from 0; the API rates are divided by n. (default: 0/1)",
            valueName: "i/n"
        ),
        transform: spelled
    )
    package var shard = Shard.whole

    @OptionGroup package var empty: EmptyFlags

    package init() {}

    package var selection: Selection {
        var selection = scope.selection
        selection.include = package.map(\.pattern)
        selection.mayBeEmpty = empty.allowEmpty
        selection.shard = shard
        return selection
    }

    package func selection(_ origin: OriginFlags) -> Selection {
        var selection = selection
        selection.internalOnly = origin.origin == .internal
        return selection
    }
}

/// Whether finding nothing counts as success.
package struct EmptyFlags: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "Succeed even if nothing is found; otherwise that exits 8, because a wrong name looks the same."
    )
    package var allowEmpty = false

    package init() {}
}

/// Which versions to process, by their origin.
package struct OriginFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "internal skips versions that came from a public repository.",
            valueName: "origin"
        )
    )
    package var origin = Origin.all

    package init() {}

    package enum Origin: String, ExpressibleByArgument, CaseIterable, Sendable {
        case all, `internal`
    }
}
