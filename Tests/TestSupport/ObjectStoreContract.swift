import Cryptography
package import ReconcileCore
import Testing

/// What every `ObjectStore` must do, one rule a case.
///
/// A rule works under a prefix of its own, so one store may serve all rules, at the same time too:
/// `@Test(arguments: ObjectStoreContract.allCases)` and `try await rule.verify(store)`.
package enum ObjectStoreContract: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case createOnlyHasOneWinner = "a create-only write has exactly one winner of sixteen"
    case createOnlyLeavesObjects = "a create-only write leaves an object that is there untouched"
    case overwriteReplaces = "an overwriting write replaces the bytes, as a version where versions are kept"
    case absentIsNil = "what is not there reads and inspects as nil and lists as nothing"
    case bodiesAreRead = "a body is an object's bytes or a range of them, and absent where there is no object"
    case olderBytesAreRead = "the bytes that were written over are read by their version id where versions are kept"
    case readIsBounded = "a read takes an object of the limit and refuses a larger one as invalid"
    case namesSurvive = "odd names come back from listing, reading and inspecting as they went in"
    case prefixesCut = "a prefix need not end at a slash, and lists all that starts with it and nothing else"
    case byteOrderIsKept = "where listings come in byte order, they do so after any key"
    case listingsArePaged = "more than a thousand keys come in pages, each key once"
    case versionsAreListed = "where versions are kept, a listing of them shows each, and which is the newest"
    case versionListingsArePaged = "a listing of versions comes in pages too, each version once"
    case bytesSurvive = "bytes of any length come back exactly, with their size and SHA-256"
    case wrongHashIsCorrupt = "a body with another hash than listed is corrupt and leaves nothing"
    case wrongSizeIsCorrupt = "a body shorter or longer than listed is corrupt and leaves nothing"
    case unlistedHashIsFine = "an asset without a listed hash is checked by its size alone"
    case brokenBodyLeavesNothing = "a body that breaks off is its own error and leaves nothing"
    case failedOverwriteLeavesOld = "an overwriting write that fails leaves the older bytes"
    case cancellationLeavesNothing = "a cancelled write throws and leaves nothing"

    package var testDescription: String { rawValue }

    /// Checks the rule on a store.
    package func verify(_ store: any ObjectStore) async throws {
        let trial = ContractTrial(store: store, place: "contract/\(self)-\(UInt32.random(in: .min ... .max))/")
        switch self {
        case .createOnlyHasOneWinner: try await trial.createOnlyHasOneWinner()
        case .createOnlyLeavesObjects: try await trial.createOnlyLeavesObjects()
        case .overwriteReplaces: try await trial.overwriteReplaces()
        case .absentIsNil: try await trial.absentIsNil()
        case .bodiesAreRead: try await trial.bodiesAreRead()
        case .olderBytesAreRead: try await trial.olderBytesAreRead()
        case .readIsBounded: try await trial.readIsBounded()
        case .namesSurvive: try await trial.namesSurvive()
        case .prefixesCut: try await trial.prefixesCut()
        case .byteOrderIsKept: try await trial.byteOrderIsKept()
        case .listingsArePaged: try await trial.listingsArePaged()
        case .versionsAreListed: try await trial.versionsAreListed()
        case .versionListingsArePaged: try await trial.versionListingsArePaged()
        case .bytesSurvive: try await trial.bytesSurvive()
        case .wrongHashIsCorrupt: try await trial.wrongHashIsCorrupt()
        case .wrongSizeIsCorrupt: try await trial.wrongSizeIsCorrupt()
        case .unlistedHashIsFine: try await trial.unlistedHashIsFine()
        case .brokenBodyLeavesNothing: try await trial.brokenBodyLeavesNothing()
        case .failedOverwriteLeavesOld: try await trial.failedOverwriteLeavesOld()
        case .cancellationLeavesNothing: try await trial.cancellationLeavesNothing()
        }
    }
}

/// A store, and the place in it that one rule has for itself.
struct ContractTrial: Sendable {
    let store: any ObjectStore
    let place: String

    func key(_ name: String) -> ObjectKey { ObjectKey(place + name) }

    /// Every object under the place, from all pages.
    func listed(_ name: String = "") async throws -> [StoredObject] {
        var objects: [StoredObject] = []
        var token: PageToken?
        repeat {
            let page = try await store.list(prefix: key(name), after: token)
            #expect(page.elements.count <= 1000)
            objects += page.elements
            token = page.next
        } while token != nil
        return objects
    }

    func listedNames(_ name: String = "") async throws -> [String] {
        try await listed(name).map { String(Substring($0.key.value.utf8.dropFirst(place.utf8.count))) }.sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
    }

    func expectNothing(under name: String) async throws {
        #expect(try await store.inspect(key(name)) == nil)
        #expect(try await store.read(key(name), limit: 1 << 24) == nil)
        #expect(try await listed().isEmpty)
    }

    func createOnlyHasOneWinner() async throws {
        let target = key("only.json")
        let outcomes = try await withThrowingTaskGroup(of: (Int, WriteOutcome).self) { group in
            for writer in 0..<16 {
                group.addTask {
                    let bytes = Array("writer \(writer)".utf8)
                    // Two writers that meet may be told to try again, as by S3's 409.
                    for _ in 0..<20 {
                        do {
                            return (writer, try await store.write(bytes, to: target, .createOnly))
                        } catch let failure as RemoteFailure where failure.isTransient {
                            continue
                        }
                    }
                    throw ContractBroken("writer \(writer) was told to try again twenty times")
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let winners = outcomes.filter { $0.1 != .alreadyExists }.map(\.0)
        try #require(winners.count == 1)
        let bytes = try await store.read(target, limit: 100)
        #expect(bytes == Array("writer \(winners[0])".utf8))
        #expect(try await listedNames() == ["only.json"])
    }

    func createOnlyLeavesObjects() async throws {
        let first = Array("first".utf8)
        let second = Array("second".utf8)
        let target = key("a.jar")
        try #require(try await store.write(first, to: target, .createOnly) != .alreadyExists)
        #expect(try await store.write(second, to: target, .createOnly) == .alreadyExists)
        let outcome = try await store.write(PiecewiseBody(second), of: .listing(second), to: target, .createOnly)
        #expect(outcome == .alreadyExists)
        #expect(try await store.read(target, limit: 100) == first)
    }

    func overwriteReplaces() async throws {
        let target = key("maven-metadata.xml")
        let older = try await store.write(Array("older".utf8), to: target, .overwrite)
        let newer = try await store.write(Array("newer!".utf8), to: target, .overwrite)
        #expect(try await store.read(target, limit: 100) == Array("newer!".utf8))
        let versions = [older, newer].compactMap { outcome -> String? in
            guard case .stored(let version) = outcome else { return nil }
            return version
        }
        let keepsVersions = try await store.keepsVersions() ?? false
        #expect(Set(versions).count == (keepsVersions ? 2 : 0))
        #expect(try await store.inspect(target)?.versionID == (keepsVersions ? versions.last : nil))
        #expect(try await listed().map(\.size) == [6])
    }

    func absentIsNil() async throws {
        try await expectNothing(under: "nothing/at/all.txt")
        _ = try await store.write([1], to: key("a/file"), .createOnly)
        #expect(try await store.read(key("a"), limit: 10) == nil)
        #expect(try await store.inspect(key("a")) == nil)
        #expect(try await store.read(key("a/file2"), limit: 10) == nil)
        #expect(try await store.read(key("a/file/below"), limit: 10) == nil)
        #expect(try await store.inspect(key("a/file/below")) == nil)
        #expect(try await listedNames("b") == [])
        #expect(try await listedNames("a/file/") == [])
    }

    func readIsBounded() async throws {
        let bytes = patternBytes(1000)
        _ = try await store.write(bytes, to: key("small"), .createOnly)
        #expect(try await store.read(key("small"), limit: 1000) == bytes)
        let failure = await #expect(throws: RemoteFailure.self) { try await store.read(key("small"), limit: 999) }
        #expect(failure?.kind == .invalid)
    }
}

/// A rule that could not be tried to its end.
struct ContractBroken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
