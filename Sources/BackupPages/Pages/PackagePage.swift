package import ReconcileCore

/// A page of the versions of one package, the newest in Maven's order first.
package struct PackagePage: Sendable {
    private let package: PackageCoordinates
    private let rows: [Row]
    private let frame: Frame
    private let query: PageQuery

    private static let size = 100

    /// One version.
    package struct Row: Hashable, Sendable {
        /// The newest record of the version that may count.
        package let newest: ManifestRecord
        let records: Int

        package init(newest: ManifestRecord, records: Int) { (self.newest, self.records) = (newest, records) }

        package init(_ history: VersionHistory) {
            self.init(
                newest: history.records.last(where: history.counts) ?? history.newest,
                records: history.records.count
            )
        }
    }

    /// - Parameter rows: the versions, the newest first; not empty.
    package init(_ package: PackageCoordinates, _ rows: [Row], _ frame: Frame, _ query: PageQuery) {
        self.package = package
        self.rows = rows
        self.frame = frame
        self.query = query
    }

    package var html: HTML {
        let paging = Paging(query.page, of: rows.count, size: Self.size)
        let table = Table(
            "Versions of \(package.namespace):\(package.name)",
            [
                .init(title: "Version", isHeading: true), .init(title: "State"), .init(title: "Last recorded"),
                .init(title: "Records", isNumber: true),
            ],
            rows[paging.range].map { row in
                let version = row.newest.coordinates
                return [
                    Words.link(.version(version), version.version), Words.badge(row.newest.status),
                    frame.when(row.newest.recordedAt), "\(row.records)",
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
