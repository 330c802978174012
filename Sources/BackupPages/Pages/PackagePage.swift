package import ReconcileCore

/// The versions of one package, the newest of Maven's order first.
package struct PackagePage: Sendable {
    private let package: PackageCoordinates
    private let histories: [VersionHistory]
    private let frame: Frame
    private let query: PageQuery

    private static let size = 100

    /// - Parameter histories: newest version first; not empty.
    package init(_ package: PackageCoordinates, _ histories: [VersionHistory], _ frame: Frame, _ query: PageQuery) {
        self.package = package
        self.histories = histories
        self.frame = frame
        self.query = query
    }

    package var html: HTML {
        let paging = Paging(query.page, of: histories.count, size: Self.size)
        let table = Table(
            "Versions of \(package.namespace):\(package.name)",
            [
                .init(title: "Version", isHeading: true), .init(title: "State"), .init(title: "Last recorded"),
                .init(title: "Records", isNumber: true),
            ],
            histories[paging.range].map { history in
                let newest = history.records.last(where: history.counts) ?? history.newest
                return [
                    Words.link(.version(history.coordinates), history.coordinates.version),
                    Words.badge(newest.status), frame.when(newest.recordedAt),
                    "\(history.records.count)",
                ]
            }
        )
        let trail: [(path: PagePath, text: String)] = [
            (.repositories, "Packages"), (.repository(package.repository), package.repository),
            (.group(repository: package.repository, namespace: package.namespace), package.namespace),
        ]
        let main: HTML = """
            \(Words.trail(trail, package.name))
            <h1><bdi>\(package.namespace)</bdi>:<wbr><bdi>\(package.name)</bdi></h1>
            \(table.html)
            \(paging.links(.package(package)))
            """
        return frame.document("\(package.namespace):\(package.name)", at: .package(package), main)
    }
}
