import ReconcileCore
import TestSupport

/// Holds every maven-metadata.xml of a backup against the manifests that it is derived from.
struct MetadataCheck {
    private let stage: Rehearsal
    private let newest: [VersionCoordinates: Manifest]

    init(_ stage: Rehearsal) {
        self.stage = stage
        newest = stage.witness.manifests.compactMapValues(\.last)
    }

    func problems(except behind: Set<ObjectKey>) -> [String] {
        var problems: [String] = []
        for (package, manifests) in Dictionary(grouping: newest.values, by: \.coordinates.package) {
            let key = stage.layout.metadataKey(of: package)
            guard !behind.contains(key) else { continue }
            let published = manifests.filter { $0.status == .published }.map(\.coordinates.version).sorted()
            let document = stage.store.text(at: key.value)
            // A package that never had a Published version needs none.
            if document.isEmpty, published.isEmpty { continue }
            let named = Self.values(of: "version", in: document).sorted()
            if named != published { problems.append("\(key) names \(named) instead of \(published)") }
            let time = manifests.map(\.recordedAt).max()?.maven
            let lastUpdated = Self.values(of: "lastUpdated", in: document)
            if lastUpdated != [time ?? ""] { problems.append("\(key) is of \(lastUpdated), not \(time ?? "")") }
            problems += wrongSidecars(of: key)
        }
        for manifest in newest.values
        where manifest.status == .published && manifest.coordinates.version.hasSuffix("-SNAPSHOT") {
            let key = stage.layout.metadataKey(ofSnapshot: manifest.coordinates)
            guard !behind.contains(key) else { continue }
            let builds = manifest.assets.map(\.asset.name).filter { $0.hasSuffix(".jar") && $0.contains("-2026") }
            let named = Self.values(of: "value", in: stage.store.text(at: key.value))
            for build in builds where !named.contains(where: { build.contains($0) }) {
                problems.append("\(key) names \(named), not \(build)")
            }
            problems += wrongFiles(in: stage.store.text(at: key.value), of: manifest).map { "\(key) \($0)" }
            problems += wrongSidecars(of: key)
        }
        return problems
    }

    /// A document names what the source's own names, if clients can get it from the backup, and nothing the backup lacks.
    private func wrongFiles(in document: String, of manifest: Manifest) -> [String] {
        let artifact = manifest.coordinates.package.name
        let held = Set(
            newest.values
                .filter { [.published, .unlisted].contains($0.status) && $0.coordinates.package.name == artifact }
                .flatMap { $0.assets.map(\.asset.name) }
        )
        let named = document.split(separator: "<snapshotVersion>").dropFirst().map { text in
            let file = ["classifier", "extension", "value"].map { Self.values(of: $0, in: String(text)).first }
            return "\(artifact)-\(file[2] ?? "")\(file[0].map { "-\($0)" } ?? "").\(file[1] ?? "")"
        }
        let wanted = (manifest.documents.snapshot?.files ?? []).map { file in
            "\(artifact)-\(file.value)\(file.classifier.map { "-\($0)" } ?? "").\(file.fileExtension)"
        }
        return Set(named).subtracting(held).sorted().map { "names \($0), which no client may have" }
            + held.intersection(wanted).subtracting(named).sorted().map { "does not name \($0)" }
    }

    private func wrongSidecars(of key: ObjectKey) -> [String] {
        let document = Array(stage.store.text(at: key.value).utf8)
        return ChecksumAlgorithm.ofDocuments.compactMap { algorithm in
            let sidecar = "\(key).\(algorithm.fileExtension)"
            return stage.store.text(at: sidecar) == sidecarDigest(document, algorithm) ? nil : "\(sidecar) is wrong"
        }
    }

    private static func values(of element: String, in document: String) -> [String] {
        document.split(separator: "<\(element)>").dropFirst().compactMap { rest in
            rest.split(separator: "<", omittingEmptySubsequences: false).first.map(String.init)
        }
    }
}
