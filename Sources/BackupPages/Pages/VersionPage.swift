package import ReconcileCore

/// A page about one version: its state, its files with checksums, how to depend on it, and its history.
package struct VersionPage: Sendable {
    private let kept: BackupReview.KeptVersion
    private let entries: [HistoryEntry]
    private let frame: Frame

    /// - Parameter entries: the newest history entries, the oldest of them first.
    package init(_ kept: BackupReview.KeptVersion, _ entries: [HistoryEntry], _ frame: Frame) {
        self.kept = kept
        self.entries = entries
        self.frame = frame
    }

    private var coordinates: VersionCoordinates { kept.history.coordinates }
    private var manifest: Manifest? { try? kept.manifest.get() }

    package var html: HTML {
        let package = coordinates.package
        let trail: [(path: PagePath, text: String)] = [
            (.repositories, "Packages"), (.repository(package.repository), package.repository),
            (.group(repository: package.repository, namespace: package.namespace), package.namespace),
            (.package(package), package.name),
        ]
        let main: HTML = """
            \(Words.trail(trail, coordinates.version))
            <h1><bdi>\(package.namespace)</bdi>:<wbr><bdi>\(package.name)</bdi>:<wbr><bdi>\(coordinates.version)</bdi></h1>
            \(failures)
            \(state)
            \(files)
            \(manifest.flatMap { $0.status.isDownloadable ? Snippet.dependency($0, on: frame.address) : nil })
            \(history)
            """
        return frame.document("\(package.name) \(coordinates.version)", at: .version(coordinates), main)
    }

    private var failures: HTML {
        HTML(
            kept.failures.map { failure in
                """
                <p class="notice bad">A record cannot be relied on, so an older one is shown if there is one: \
                \(failure.description)</p>
                """
            }
        )
    }

    private var state: HTML {
        let (records, newest) = (kept.history.records, kept.record)
        var rows: [(name: String, value: HTML)] = [("State", Words.badge(newest.status))]
        if let manifest {
            let bytes = manifest.assets.reduce(Int64(0)) { $0.adding(saturating: $1.asset.size) }
            rows.append(("Files", "\(manifest.assets.count), \(Quantity.bytes(bytes))"))
            rows.append(("Origin", "\(manifest.properties.origin.rawValue.lowercased())"))
            if let time = manifest.properties.publishedTime {
                rows.append(("Published", frame.when(Timestamp(secondsSince1970: time))))
            }
        }
        rows.append(("First recorded", frame.when(records[0].recordedAt)))
        if records.count > 1 { rows.append(("Last recorded", frame.when(newest.recordedAt))) }
        rows.append(("Revision", newest.revision.map { text -> HTML in "<code>\(text)</code>" } ?? "none"))
        return Words.facts(rows)
    }

    // MARK: Files

    private var files: HTML {
        guard let manifest else { return "" }
        let body: HTML =
            manifest.assets.isEmpty
            ? "<p>No file of this version is in the backup.</p>" : Self.table(of: manifest).html
        let hint: HTML? =
            manifest.status.isDownloadable || manifest.assets.isEmpty
            ? nil
            : """
            <p class="hint">The files are kept, but not served to builds, since the domain no longer gives them either. \
            <code>reconcile get</code> fetches them.</p>
            """
        return """
            <section aria-labelledby="files"><h2 id="files">Files</h2>\(hint)\(body)</section>
            """
    }

    private static func table(of manifest: Manifest) -> Table {
        Table(
            "Files of \(manifest.coordinates.version)",
            [
                .init(title: "File", isHeading: true), .init(title: "Size", isNumber: true), .init(title: "Checksums"),
            ],
            manifest.assets.map { stored in
                let name = stored.asset.name
                let path = MavenTarget.of(name, in: manifest.coordinates)
                let shown: HTML =
                    manifest.status.isDownloadable
                    ? "<a href=\"\(path)\" download><bdi>\(name)</bdi></a>" : "<bdi>\(name)</bdi>"
                return [shown, "\(Quantity.bytes(stored.asset.size))", checksums(stored.asset.checksums)]
            }
        )
    }

    private static func checksums(_ checksums: Checksums) -> HTML {
        let rows = [ChecksumAlgorithm.sha256, .sha1, .md5].compactMap { algorithm -> HTML? in
            checksums[algorithm].map { "<div><dt>\(algorithm.serviceName)</dt><dd><code>\($0)</code></dd></div>" }
        }
        return rows.isEmpty ? "none is known" : "<dl class=\"sums\">\(rows)</dl>"
    }

    // MARK: History

    private var history: HTML {
        let items = entries.reversed().map { entry -> HTML in
            let changes = entry.changes.map { change -> HTML in "<li>\(Self.words(change))</li>" }
            let failure = entry.failure.map { failure -> HTML in
                "<li class=\"bad\">its record cannot be relied on: \(failure.description)</li>"
            }
            let none: HTML? = changes.isEmpty && failure == nil ? "<li>nothing changed</li>" : nil
            let door = entry.manifest.map { manifest -> HTML in
                "<span class=\"age\">by \(manifest.recordedBy.door) \(manifest.recordedBy.version)</span>"
            }
            return """
                <li><p>\(Words.time(entry.record.recordedAt)) \(Words.badge(entry.record.status)) \(door)</p>\
                <ul>\(changes)\(failure)\(none)</ul></li>

                """
        }
        let older = kept.history.records.count - entries.count
        return """
            <section aria-labelledby="history"><h2 id="history">History</h2>
            <ol class="history">\(items)</ol>
            \(older > 0 ? "<p>\(older) older records: <code>reconcile history</code> shows them.</p>" : nil)
            </section>
            """
    }

    private static func words(_ change: VersionChange) -> HTML {
        switch change {
        case .first(let assets, let bytes):
            return "first recorded, \(Quantity.count(assets, "file")), \(Quantity.bytes(bytes))"
        case .status(let from, let to): return "state \(from.rawValue) → \(to.rawValue)"
        case .deleted: return "deleted in the domain; its files are kept"
        case .publishedAgain: return "published again"
        case .revision: return "another revision of the same files"
        case .added(let stored): return "added <bdi>\(stored.asset.name)</bdi>, \(Quantity.bytes(stored.asset.size))"
        case .gone(let stored): return "without <bdi>\(stored.asset.name)</bdi>, \(Quantity.bytes(stored.asset.size))"
        case .mutated(let mutation):
            return """
                \(Words.badge(.bad, "other bytes")) under <bdi>\(mutation.name)</bdi><dl class="sums">\
                <div><dt>was</dt><dd><code>\(mutation.was.asset.checksums.sha256 ?? "?")</code></dd></div>\
                <div><dt>now</dt><dd><code>\(mutation.now.asset.checksums.sha256 ?? "?")</code></dd></div></dl>
                """
        }
    }
}
