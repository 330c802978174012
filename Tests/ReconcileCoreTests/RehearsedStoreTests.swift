import ReconcileCore
import TestSupport
import Testing

/// A store that answers as if it had been written to.
@Suite struct RehearsedStoreTests {
    private let base = InMemoryStore(keepsVersions: true)
    private let key = ObjectKey("d/a.jar")

    private var store: RehearsedStore { RehearsedStore(base, digest: sidecarDigest) }

    private struct Bytes: AssetBody {
        let bytes: [UInt8]

        func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
            for byte in bytes { try await receive([byte]) }
        }
    }

    private func asset(_ bytes: [UInt8]) -> Asset {
        var checksums = Checksums()
        checksums.sha256 = sidecarDigest(bytes, .sha256)
        return Asset(name: "a.jar", size: Int64(bytes.count), checksums: checksums)
    }

    private func bytes(_ body: any AssetBody) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await body.read { bytes += $0 }
        return bytes
    }

    @Test func `a document is there for every kind of look, and the store below is not written to`() async throws {
        base.place([1], at: "d/a.jar")
        base.forgetWrites()
        let store = store
        let id = try #require(try await base.inspect(key)?.versionID)
        #expect(try await store.write([2, 3], to: key, .overwrite) == .stored(versionID: "rehearsed-1"))
        #expect(try await store.read(key, limit: 10) == [2, 3])
        #expect(try await store.holds([2, 3], at: key))
        #expect(try await !store.holds([1], at: key))
        #expect(try await store.inspect(key)?.sha256 == sidecarDigest([2, 3], .sha256))
        #expect(try await store.describe(key, versionID: "rehearsed-1")?.size == 2)
        #expect(try await store.list(prefix: ObjectKey("d/"), after: nil).elements.map(\.size) == [2])
        // The older version is still the base's.
        #expect(try await store.inspect(key, versionID: id)?.size == 1)
        #expect(try await bytes(store.body(at: key, versionID: id, range: nil)) == [1])
        #expect(base.writes.isEmpty && base.text(at: "d/a.jar") == "\u{1}")
    }

    @Test func `an asset is read back from the source that it would come from`() async throws {
        let store = store
        let outcome = try await store.write(Bytes(bytes: [4, 5, 6]), of: asset([4, 5, 6]), to: key, .createOnly)
        #expect(outcome == .stored(versionID: "rehearsed-1"))
        #expect(try await bytes(store.body(at: key, versionID: nil, range: nil)) == [4, 5, 6])
        #expect(try await bytes(store.body(at: key, versionID: nil, range: 1..<3)) == [5, 6])
        #expect(try await store.inspect(key)?.sha256 == sidecarDigest([4, 5, 6], .sha256))
        #expect(store.writes.map(\.key) == [key] && store.writes.map(\.size) == [3] && store.writes[0].isAsset)
    }

    @Test func `what is new ends a listing of several pages, under its own prefix only`() async throws {
        let base = InMemoryStore(pageSize: 2)
        for name in ["d/a", "d/c", "d/e", "x/a"] { base.place([0], at: name) }
        let store = RehearsedStore(base, digest: sidecarDigest)
        _ = try await store.write([1], to: ObjectKey("d/b"), .createOnly)
        _ = try await store.write([1], to: ObjectKey("y"), .createOnly)
        var keys: [String] = []
        try await store.forEachObject(under: ObjectKey("d/")) { keys.append($0.key.value) }
        #expect(keys == ["d/a", "d/c", "d/e", "d/b"])
    }

    @Test func `a create-only write meets what is there, below or rehearsed`() async throws {
        base.place([1], at: "d/a.jar")
        let store = store
        #expect(try await store.write([2], to: key, .createOnly) == .alreadyExists)
        let other = ObjectKey("d/b")
        #expect(try await store.write([2], to: other, .createOnly) == .stored(versionID: "rehearsed-1"))
        #expect(try await store.write([3], to: other, .createOnly) == .alreadyExists)
        #expect(store.writes.map(\.key) == [other])
    }
}
