import AWSServices
package import ArgumentParser
import Logging
import MavenXML
import ReconcileApp
import ReconcileCore

/// `reconcile restore --for-build`: what a build needs, before the rest or without it.
extension Restore {
    func validateBuild() throws {
        if building.order == .closure, building.forBuild.isEmpty {
            throw ValidationError("--order closure requires --for-build, which names the build")
        }
        if configuring.configuration, !building.forBuild.isEmpty {
            throw ValidationError("--for-build restores packages: run it after --configuration, without it")
        }
    }

    /// What the build needs of the backup; nil where none is named.
    ///
    /// - Throws: `UsageFailure` for files that cannot be used, `absent` where the backup has nothing of it, and what keeps
    ///   the backup from being read.
    func needs(of open: OpenBackup, on host: Host) async throws -> BuildNeeds? {
        guard !building.forBuild.isEmpty else { return nil }
        let build = try BuildFiles(at: building.forBuild).closure
        let search = BuildSearch(
            of: open.backup,
            selection: selection.selection(origin),
            choice: options.choice,
            width: pace.width.pieces
        ) { bytes in
            try ProjectModel(xml: bytes)
        }
        let needs = try await host.supervisingThrowing(pace.budget) { stop in
            try await search.needs(of: build, stop: stop)
        }
        for reason in needs.unread {
            host.logger.warning("a POM cannot be read, so what only it needs is unknown: \(reason)")
        }
        let what = "the build needs \(Quantity.count(needs.count, "version")) of the backup"
        let others = needs.absent.firstFew(20)
        host.logger.notice(
            "\(what)\(others.isEmpty ? "" : ", and from elsewhere, since the backup does not have them: \(others)")"
        )
        guard !needs.versions.isEmpty || restoresRest else {
            throw RemoteFailure(
                .absent,
                operation: .restore,
                target: open.store.location,
                message: "the backup has nothing of what \(building.forBuild.firstFew(3)) needs; check --domain, "
                    + "--repository and the file"
            )
        }
        return needs
    }

    var restoresRest: Bool { building.order == .closure }
}

/// The build whose artifacts come back first.
package struct BuildFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only what a build needs: a pom.xml with its modules, or a file that lists "
                + "group:artifact:version; repeatable.",
            valueName: "file"
        ),
        completion: .file()
    )
    package var forBuild: [String] = []

    @Option(
        help: ArgumentHelp(
            "With --for-build: only restores nothing else, closure restores the rest afterwards.",
            valueName: "order"
        )
    )
    package var order = Order.only

    package init() {}

    package enum Order: String, ExpressibleByArgument, CaseIterable, Sendable {
        case only, closure
    }
}
