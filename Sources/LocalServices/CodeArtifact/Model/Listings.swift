import ReconcileCore

/// Part of a listing, and the position where the next part starts; nil at the end.
struct Run<Element: Sendable>: Sendable {
    var elements: [Element] = []
    var next: String?
}

/// One row of ListPackages.
struct PackageRow: Sendable {
    let key: PackageKey
    let controls: OriginControls
}

/// One row of ListPackageVersions.
struct VersionRow: Sendable {
    let version: String
    let revision: String
    let status: VersionStatus
    let origin: EntryPoint?
    let publishedTime: Double
}

/// The filters of ListPackages.
struct PackageFilter: Sendable {
    /// Nil for any format.
    var format: String?
    var namespacePrefix: String?
    var namePrefix: String?
    var publish: OriginControls.Restriction?
    var upstream: OriginControls.Restriction?

    func admits(_ row: PackageRow) -> Bool {
        (format ?? row.key.format) == row.key.format
            && row.key.namespace.hasPrefix(namespacePrefix ?? "") && row.key.name.hasPrefix(namePrefix ?? "")
            && (publish ?? row.controls.publish) == row.controls.publish
            && (upstream ?? row.controls.upstream) == row.controls.upstream
    }
}

/// The filters of ListPackageVersions.
struct VersionFilter: Sendable {
    var status: VersionStatus?
    var origin: VersionOrigin?
    /// Newest first, rather than by name.
    var byPublishedTime = false

    func admits(_ row: VersionRow) -> Bool {
        (status ?? row.status) == row.status && (origin == nil || origin == (row.origin?.origin ?? .unknown))
    }
}

extension RepositoryState {
    /// Up to `limit` packages from a position in an earlier run on; from the start if the position is nil or invalid.
    ///
    /// Synthetic packages come first, by number (position `s` and a number), then the others by name (`w` and the last
    /// name).
    func packages(_ filter: PackageFilter, from position: String?, limit: Int) -> Run<PackageRow> {
        var run = Run<PackageRow>()
        var index = 0
        var after: PackageKey?
        if let position, position.hasPrefix("s") { index = Int(position.dropFirst()) ?? 0 }
        if let position, position.hasPrefix("w") {
            index = Int.max
            let parts = position.dropFirst().split(separator: "\n", omittingEmptySubsequences: false)
            if parts.count == 3 {
                after = PackageKey(format: String(parts[2]), namespace: String(parts[0]), name: String(parts[1]))
            }
        }
        if let synthetic {
            while index < synthetic.count {
                let key = synthetic[index].key
                if let controls = controls(key) {
                    let row = PackageRow(key: key, controls: controls)
                    if filter.admits(row) {
                        if run.elements.count == limit {
                            run.next = "s\(index)"
                            return run
                        }
                        run.elements.append(row)
                    }
                }
                index += 1
            }
        }
        let start = after.map { after in writtenKeys.partitioningIndex { $0 > after } } ?? 0
        for key in writtenKeys[start...] {
            guard let controls = controls(key) else { continue }
            let row = PackageRow(key: key, controls: controls)
            guard filter.admits(row) else { continue }
            if run.elements.count == limit {
                run.next =
                    run.elements.last.map { "w\($0.key.namespace)\n\($0.key.name)\n\($0.key.format)" } ?? position
                    ?? "s\(index)"
                return run
            }
            run.elements.append(row)
        }
        return run
    }

    /// Up to `limit` versions of a package from a position in an earlier run on; nil if the package does not exist.
    func versions(of key: PackageKey, _ filter: VersionFilter, from position: String?, limit: Int) -> Run<VersionRow>? {
        if let package = untouched(key) { return package.versions(filter, from: position, limit: limit) }
        guard let package = self[key] else { return nil }
        let rows = package.versions
            .map { version, state in
                VersionRow(
                    version: version,
                    revision: state.revision,
                    status: state.status,
                    origin: state.origin,
                    publishedTime: state.publishedTime ?? 0
                )
            }
            .filter(filter.admits)
        // The position is the last row returned, so versions added or deleted in the meantime do not shift the others.
        let order: (VersionRow, VersionRow) -> Bool =
            filter.byPublishedTime
            ? { ($1.publishedTime, $1.version) < ($0.publishedTime, $0.version) } : { $0.version < $1.version }
        let sorted = rows.sorted(by: order)
        var start = 0
        if let position, let mark = Self.mark(position) { start = sorted.partitioningIndex { order(mark, $0) } }
        var run = Run<VersionRow>()
        run.elements = Array(sorted[start...].prefix(limit))
        if start + run.elements.count < sorted.count {
            run.next = run.elements.last.map { "\($0.publishedTime)\n\($0.version)" } ?? position ?? "start"
        }
        return run
    }

    private static func mark(_ position: String) -> VersionRow? {
        let parts = position.split(separator: "\n", omittingEmptySubsequences: false)
        guard parts.count == 2, let time = Double(parts[0]) else { return nil }
        return VersionRow(
            version: String(parts[1]),
            revision: "",
            status: .published,
            origin: nil,
            publishedTime: time
        )
    }
}

extension SyntheticPackage {
    fileprivate func versions(_ filter: VersionFilter, from position: String?, limit: Int) -> Run<VersionRow> {
        var run = Run<VersionRow>()
        var step = position.flatMap { Int($0) } ?? 0
        while step < count {
            let index = filter.byPublishedTime ? count - 1 - step : step
            let row = VersionRow(
                version: name(index),
                revision: revision(index),
                status: .published,
                origin: EntryPoint(name: repository, origin: .internal),
                publishedTime: 0
            )
            guard filter.admits(row) else { return run }
            if run.elements.count == limit {
                run.next = String(step)
                return run
            }
            run.elements.append(row)
            step += 1
        }
        return run
    }
}
