package import ReconcileCore

/// The pages that lead from the repositories to a package, level by level.
package struct FolderPages: Sendable {
    private let contents: BackupContents
    private let frame: Frame
    private let query: PageQuery

    /// The number of rows on a page.
    private static let size = 100

    package init(_ contents: BackupContents, _ frame: Frame, _ query: PageQuery) {
        self.contents = contents
        self.frame = frame
        self.query = query
    }

    package var repositories: HTML {
        let folders = contents.repositories
        let paging = Paging(query.page, of: folders.count, size: Self.size)
        let table = FolderTable(
            name: "Repository",
            caption: "Repositories in the backup",
            folders: Array(folders[paging.range]),
            frame: frame
        )
        let main: HTML = """
            <h1>Packages</h1>
            \(unlisted)
            \(folders.isEmpty ? "<p>The backup has no package.</p>" : table.html { .repository($0.name) })
            \(paging.links(.repositories))
            """
        return frame.document("Packages", at: .repositories, main)
    }

    /// The groups of a repository; nil if it is not in the backup.
    package func groups(in repository: String) -> HTML? {
        let folders = contents.groups(in: repository)
        guard !folders.isEmpty else { return nil }
        let path = PagePath.repository(repository)
        let paging = Paging(query.page, of: folders.count, size: Self.size)
        let table = FolderTable(
            name: "Group",
            caption: "Groups of \(repository)",
            folders: Array(folders[paging.range]),
            frame: frame
        )
        let main: HTML = """
            \(Words.trail([(.repositories, "Packages")], repository))
            <h1><bdi>\(repository)</bdi></h1>
            \(unlisted)
            \(table.html { .group(repository: repository, namespace: $0.name) })
            \(paging.links(path))
            \(Snippet.repository(repository, on: frame.address))
            """
        return frame.document(repository, at: path, main)
    }

    /// The packages of a group; nil if the backup has none.
    package func packages(in repository: String, ofGroup namespace: String) -> HTML? {
        let rows = contents.packages(in: repository, ofGroup: namespace)
        guard !rows.isEmpty else { return nil }
        let path = PagePath.group(repository: repository, namespace: namespace)
        let paging = Paging(query.page, of: rows.count, size: Self.size)
        let table = Table(
            "Packages of \(namespace)",
            [
                .init(title: "Package", isHeading: true), .init(title: "Versions", isNumber: true),
                .init(title: "Newest record"),
            ],
            rows[paging.range].map { row in
                [
                    Words.link(.package(row.coordinates), row.coordinates.name), "\(row.versions)",
                    frame.when(row.newestRecord),
                ]
            }
        )
        let main: HTML = """
            \(Words.trail([(.repositories, "Packages"), (.repository(repository), repository)], namespace))
            <h1><bdi>\(namespace)</bdi></h1>
            \(unlisted)
            \(table.html)
            \(paging.links(path))
            """
        return frame.document(namespace, at: path, main)
    }

    private var unlisted: HTML? {
        guard contents.unlisted > 0 else { return nil }
        return """
            <p class="notice warn">\(contents.unlisted) further packages are not listed here; \
            <code>reconcile show</code> knows them.</p>
            """
    }
}

/// A table of repositories or groups, with the number of packages and versions in each.
struct FolderTable {
    let name: String
    let caption: String
    let folders: [BackupContents.Folder]
    let frame: Frame

    func html(_ path: (BackupContents.Folder) -> PagePath) -> HTML {
        Table(
            caption,
            [
                .init(title: name, isHeading: true), .init(title: "Packages", isNumber: true),
                .init(title: "Versions", isNumber: true), .init(title: "Newest record"),
            ],
            folders.map { folder in
                [
                    Words.link(path(folder), folder.name), "\(folder.packages)", "\(folder.versions)",
                    frame.when(folder.newestRecord),
                ]
            }
        ).html
    }
}
