package import ArgumentParser
import ReconcileApp
import ReconcileCore

/// `reconcile restore --for-build`: restores what a build needs, optionally followed by the rest.
extension Restore {
    func validateBuild() throws {
        if ordering.order == .closure, building.forBuild.isEmpty {
            throw ValidationError("--order closure requires --for-build, which names the build")
        }
        if configuring.configuration, !building.forBuild.isEmpty {
            throw ValidationError("--for-build restores packages: run it after --configuration, without it")
        }
    }

    /// Returns what the build needs from the backup; nil if no build is named.
    ///
    /// - Throws: as `BuildFlags.needs`.
    func needs(of open: OpenBackup, on host: Host) async throws -> BuildNeeds? {
        guard !building.forBuild.isEmpty else { return nil }
        return try await host.supervisingThrowing(pace.budget) { stop in
            try await building.needs(
                of: open,
                selection.selection(origin),
                options.choice,
                for: .restore,
                width: pace.width.pieces,
                mayBeEmpty: restoresRest,
                stop: stop,
                on: host
            )
        }
    }

    var restoresRest: Bool { ordering.order == .closure }
}

/// Whether the restore ends with what the build needs.
package struct BuildOrderFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "With --for-build: only restores nothing else, closure restores the rest afterwards.",
            valueName: "order"
        )
    )
    package var order: Order = .only

    package init() {}

    package enum Order: String, ExpressibleByArgument, CaseIterable, Sendable {
        case only, closure
    }
}
