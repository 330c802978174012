/// Folders of a backup's records that the store refuses to list. Nothing is known of what is in them, not even whether
/// anything is.
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

    /// Whether records under this prefix may be in one of them.
    func hides(_ prefix: ObjectKey) -> Bool { folders.contains { $0.meets(prefix) } }

    /// Whether records of this package may be in one of them.
    package func hides(_ package: PackageCoordinates) -> Bool {
        !isEmpty && hides(layout.manifestsPrefix(of: package))
    }

    /// Whether records of this version may be in one of them.
    package func hides(_ version: VersionCoordinates) -> Bool {
        !isEmpty && hides(layout.manifestsPrefix(of: version))
    }

    /// The package whose records a folder holds; nil if it may hold those of several.
    func package(of folder: HiddenFolder) -> PackageCoordinates? { layout.package(ofRecordsIn: folder.prefix) }

    /// Where a folder is reported: at its package, or at the domain if it may hold records of several packages.
    package func place(of folder: HiddenFolder) -> Place { package(of: folder).map { Place($0) } ?? Place() }

    /// Distinguishes a right that is missing for some records from one that is missing for all.
    ///
    /// - Parameter count: how many records the store did show, selected or not.
    /// - Throws: the first folder's failure if the store showed none.
    package func requireShown(_ count: Int) throws(RemoteFailure) {
        if count == 0, let first = folders.first { throw first.failure }
    }

    /// Folders that may hold records of what is selected.
    ///
    /// - Parameter isWanted: whether a selected package matters.
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
