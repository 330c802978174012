import BackupServer
import Cryptography
import HTTPTypes
import Logging
import ReconcileCore
import TestSupport

/// A backup in memory, written as a run writes it: objects, then the manifest that names them.
struct BackupFixture {
    let store: InMemoryStore
    let layout = BackupLayout(domain: "acme")
    let clock = ManualClock()
    /// When the first manifest was recorded; each later one is a minute younger.
    static let start = Timestamp(seconds: 1_700_000_000)

    init(keepsVersions: Bool = false, order: InMemoryOrder = .bytes) {
        store = InMemoryStore(keepsVersions: keepsVersions, order: order)
    }

    static func version(_ text: String, in repository: String = "releases") -> VersionCoordinates {
        let parts = text.split(separator: ":").map(String.init)
        let package = PackageCoordinates(repository: repository, namespace: parts[0], name: parts[1])
        return VersionCoordinates(package: package, version: parts[2])
    }

    static func minute(_ number: Int64) -> Timestamp { Timestamp(seconds: start.seconds + 60 * number) }

    /// Records a version; its assets' bytes are stored first.
    @discardableResult
    func record(
        _ text: String,
        at minute: Int64 = 0,
        _ status: VersionStatus = .published,
        revision: String = "cmV2",
        assets: KeyValuePairs<String, String> = [:],
        snapshot: RecordedSnapshot? = nil,
        plugin: RecordedPlugin? = nil
    ) async throws -> Manifest {
        let version = Self.version(text)
        var stored: [Manifest.StoredAsset] = []
        for (name, content) in assets {
            let bytes = Array(content.utf8)
            let key = layout.key(of: name, in: version)
            var versionID: String?
            if case .stored(let id) = try await store.write(bytes, to: key, .overwrite) { versionID = id }
            let asset = Asset(name: name, size: Int64(bytes.count), checksums: Self.checksums(of: bytes))
            stored.append(Manifest.StoredAsset(asset: asset, key: key, versionID: versionID))
        }
        let manifest = Manifest(
            coordinates: version,
            revision: revision,
            status: status,
            properties: VersionProperties(origin: .internal),
            recordedAt: Self.minute(minute),
            recordedBy: Manifest.Recorder(door: "reconcile", version: "1"),
            assets: stored,
            documents: RecordedDocuments(snapshot: snapshot, plugin: plugin)
        )
        store.place(try manifest.canonicalBytes(), at: layout.key(of: manifest.record).value)
        return manifest
    }

    static func checksums(of bytes: [UInt8]) -> Checksums {
        func hex(_ algorithm: DigestAlgorithm) -> String { Hexadecimal.encode(Digest.of(bytes, algorithm)) }
        return Checksums(md5: hex(.md5), sha1: hex(.sha1), sha256: hex(.sha256), sha512: hex(.sha512))
    }

    func view(
        asOf: Timestamp? = nil,
        givesFirst: Bool = false,
        cacheLimit: Int = 16 << 20,
        noting note: @escaping @Sendable (String) -> Void = { _ in }
    ) -> RepositoryView {
        RepositoryView(
            store: store,
            layout: layout,
            asOf: asOf,
            givesFirst: givesFirst,
            clock: clock,
            cacheLimit: cacheLimit,
            noting: note
        )
    }

    func responder(
        asOf: Timestamp? = nil,
        token: String? = nil,
        pages: Bool = false,
        indexLimit: Int = 1 << 20,
        saysWhy: Bool = false
    ) -> RepositoryResponder {
        let backup = Backup(store: store, layout: layout, hashes: testHashes, clock: clock)
        let site = PageResponder(
            view: PageView(of: backup, asOf: asOf, clock: clock, indexLimit: indexLimit),
            domain: "acme",
            location: store.location,
            program: "reconcile-serve 1"
        )
        return RepositoryResponder(
            view: view(asOf: asOf),
            pages: pages ? site : nil,
            token: token.map(AccessToken.init),
            realm: "acme",
            saysWhy: saysWhy,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }
}

extension RepositoryResponder {
    static let browser: HTTPFields = [
        .accept: "text/html,application/xhtml+xml,*/*;q=0.8", .userAgent: "Mozilla/5.0 (X11; Linux x86_64)",
    ]

    /// Has everything read that pages need, as the server does in the background once somebody has asked for one.
    func catchUp() async {
        _ = await answer(.get, "/", Self.browser)
        await pages?.view.catchUp()
    }

    func answer(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ fields: HTTPFields = [:]
    ) async -> RepositoryAnswer {
        await answer(
            HTTPRequest(method: method, scheme: "http", authority: "localhost", path: path, headerFields: fields)
        )
    }
}

extension RepositoryResponder {
    func answer(_ path: String) async -> RepositoryAnswer { await answer(.get, path) }
}

extension RepositoryAnswer {
    var status: Int { head.status.code }

    /// The body's text where it is at hand; what would be sent of an asset otherwise.
    var text: String {
        switch body {
        case .none: ""
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .stored(let stored, let range): "\(stored.asset.name) \(range)"
        }
    }
}
