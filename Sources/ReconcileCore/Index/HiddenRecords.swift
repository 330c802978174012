/// The folders of a backup's records that its store refuses to show: of the packages in them nothing is known, not even
/// that there are any.
package struct HiddenRecords: Sendable {
    private let layout: BackupLayout
    package private(set) var folders: [HiddenFolder] = []

    package init(in layout: BackupLayout) {
        self.layout = layout
    }

    package mutating func add(_ folder: HiddenFolder) {
        if !folders.contains(where: { $0.prefix == folder.prefix }) { folders.append(folder) }
    }

    package var isEmpty: Bool { folders.isEmpty }

    /// Whether some record under a prefix may be in one of them.
    func hides(_ prefix: ObjectKey) -> Bool { folders.contains { $0.meets(prefix) } }

    /// Whether some record of a package may be in one of them.
    package func hides(_ package: PackageCoordinates) -> Bool {
        !isEmpty && hides(layout.manifestsPrefix(of: package))
    }

    /// Whether some record of a version may be in one of them.
    package func hides(_ version: VersionCoordinates) -> Bool {
        !isEmpty && hides(layout.manifestsPrefix(of: version))
    }

    /// The package of which one of them is; nil if it may have several.
    func package(of folder: HiddenFolder) -> PackageCoordinates? { layout.package(ofRecordsIn: folder.prefix) }

    /// The place that one of them is of; nothing more precise than the domain if it may have several packages.
    package func place(of folder: HiddenFolder) -> Place { package(of: folder).map { Place($0) } ?? Place() }

    /// Tells a right that is missing for some records from one that is missing for all.
    ///
    /// - Parameter count: the records that are shown, selected or not.
    /// - Throws: the failure of the first of them if nothing is shown.
    package func requireShown(_ count: Int) throws(RemoteFailure) {
        if count == 0, let first = folders.first { throw first.failure }
    }

    /// Those that may have something that is selected.
    ///
    /// - Parameter isWanted: whether a package that is selected matters.
    package func folders(
        of selection: Selection,
        where isWanted: (PackageCoordinates) -> Bool = { _ in true }
    ) -> [HiddenFolder] {
        folders.filter { selection.mayContain($0, in: layout) && (package(of: $0).map(isWanted) ?? true) }
    }

    /// Their failures, each at its place.
    package func failures(
        of selection: Selection,
        where isWanted: (PackageCoordinates) -> Bool = { _ in true }
    ) -> [ItemFailure] {
        folders(of: selection, where: isWanted).map { ItemFailure($0.failure, at: place(of: $0)) }
    }
}
