import Cryptography
import ReconcileCore
import Testing

extension ContractTrial {
    func bytesSurvive() async throws {
        for size in [0, 1, 64 << 10, 9 << 20] {
            let bytes = patternBytes(size)
            let asset = Asset.listing(bytes)
            let name = "\(size).bin"
            let outcome = try await store.write(PiecewiseBody(bytes), of: asset, to: key(name), .createOnly)
            #expect(outcome != .alreadyExists)
            #expect(try await store.read(key(name), limit: size) == bytes)
            let inspected = try await store.inspect(key(name))
            #expect(inspected?.size == Int64(size))
            #expect(inspected?.sha256 == asset.checksums.sha256)
            _ = try await store.write(bytes, to: key("whole-\(name)"), .createOnly)
            #expect(try await store.read(key("whole-\(name)"), limit: size) == bytes)
            #expect(try await store.inspect(key("whole-\(name)"))?.sha256 == asset.checksums.sha256)
        }
        let sizes = try await listed().map(\.size).sorted()
        #expect(sizes == [0, 0, 1, 1, 65_536, 65_536, 9_437_184, 9_437_184])
    }

    func bodiesAreRead() async throws {
        let bytes = patternBytes(700_001)
        _ = try await store.write(bytes, to: key("a.jar"), .createOnly)
        _ = try await store.write([], to: key("empty.jar"), .createOnly)
        #expect(try await whole(store.body(at: key("a.jar"), versionID: nil, range: nil)) == bytes)
        #expect(try await whole(store.body(at: key("empty.jar"), versionID: nil, range: nil)) == [])
        for range in [0..<1, 0..<700_001, 699_999..<700_001, 300_000..<600_000] as [Range<Int64>] {
            let part = try await whole(store.body(at: key("a.jar"), versionID: nil, range: range))
            #expect(part == Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
        }
        for range in [nil, 0..<1] as [Range<Int64>?] {
            let failure = await #expect(throws: RemoteFailure.self) {
                try await whole(store.body(at: key("no.jar"), versionID: nil, range: range))
            }
            #expect(failure?.kind == .absent)
        }
        await #expect(throws: BodyBroke()) {
            try await store.body(at: key("a.jar"), versionID: nil, range: nil).read { _ in throw BodyBroke() }
        }
    }

    func olderBytesAreRead() async throws {
        let texts = ["first", "the second"].map { Array($0.utf8) }
        var ids: [String?] = []
        for bytes in texts {
            let outcome = try await store.write(bytes, to: key("a.jar"), .overwrite)
            if case .stored(let versionID) = outcome { ids.append(versionID) }
        }
        #expect(ids.count == 2)
        let keepsVersions = try await store.keepsVersions() ?? false
        for (id, bytes) in zip(ids, keepsVersions ? texts : [texts[1], texts[1]]) {
            #expect(try await whole(store.body(at: key("a.jar"), versionID: id, range: nil)) == bytes)
            let inspected = try await store.inspect(key("a.jar"), versionID: id)
            #expect(inspected?.sha256 == Hexadecimal.encode(Digest.of(bytes, .sha256)))
            #expect(inspected?.size == Int64(bytes.count))
        }
    }

    private func whole(_ body: any AssetBody) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await body.read { bytes += $0 }
        return bytes
    }

    func wrongHashIsCorrupt() async throws {
        let bytes = patternBytes(100_000)
        let listed = Asset(
            name: "lib-1.0.jar",
            size: 100_000,
            checksums: Checksums(sha256: Asset.listing(patternBytes(99_999)).checksums.sha256)
        )
        for condition in [WriteCondition.createOnly, .overwrite] {
            try await expectCorrupt(PiecewiseBody(bytes), of: listed, condition)
        }
    }

    func wrongSizeIsCorrupt() async throws {
        let bytes = patternBytes(100_000)
        let hash = Asset.listing(bytes).checksums
        for size in [0, 1, 99_999, 100_001, 200_000] {
            try await expectCorrupt(
                PiecewiseBody(bytes),
                of: Asset(name: "lib-1.0.jar", size: Int64(size), checksums: hash),
                .createOnly
            )
        }
        let one = Asset(name: "lib-1.0.jar", size: 1, checksums: Asset.listing([]).checksums)
        try await expectCorrupt(PiecewiseBody([]), of: one, .createOnly)
    }

    func unlistedHashIsFine() async throws {
        let bytes = patternBytes(70_000)
        let asset = Asset(name: "lib-1.0.jar", size: 70_000, checksums: Checksums())
        let short = Asset(name: "lib-1.0.jar", size: 70_001, checksums: Checksums())
        try await expectCorrupt(PiecewiseBody(bytes), of: short, .createOnly)
        _ = try await store.write(PiecewiseBody(bytes), of: asset, to: key("a.jar"), .createOnly)
        #expect(try await store.read(key("a.jar"), limit: 70_000) == bytes)
        #expect(try await store.inspect(key("a.jar"))?.sha256 == Asset.listing(bytes).checksums.sha256)
    }

    func brokenBodyLeavesNothing() async throws {
        for size in [100_000, 3 << 20] {
            let bytes = patternBytes(size)
            await #expect(throws: BodyBroke()) {
                let body = PiecewiseBody(bytes, breaksOff: true)
                return try await store.write(body, of: .listing(bytes), to: key("a.jar"), .createOnly)
            }
            try await expectNothing(under: "a.jar")
        }
    }

    func failedOverwriteLeavesOld() async throws {
        let old = patternBytes(5000)
        _ = try await store.write(old, to: key("a.jar"), .createOnly)
        let bytes = patternBytes(100_000)
        _ = await #expect(throws: BodyBroke()) {
            let body = PiecewiseBody(bytes, breaksOff: true)
            return try await store.write(body, of: .listing(bytes), to: key("a.jar"), .overwrite)
        }
        _ = await #expect(throws: RemoteFailure.self) {
            try await store.write(PiecewiseBody(bytes), of: .listing(old), to: key("a.jar"), .overwrite)
        }
        #expect(try await store.read(key("a.jar"), limit: 5000) == old)
    }

    func cancellationLeavesNothing() async throws {
        let bytes = patternBytes(3 << 20)
        let (stalls, stalled) = AsyncStream<Void>.makeStream()
        let body = StallingBody(Array(bytes.prefix(1 << 20))) { stalled.yield() }
        let outcome = await withTaskGroup(of: Result<WriteOutcome, any Error>.self) { group in
            group.addTask {
                defer { stalled.finish() }
                do {
                    return .success(try await store.write(body, of: .listing(bytes), to: key("a.jar"), .createOnly))
                } catch {
                    return .failure(error)
                }
            }
            for await _ in stalls { group.cancelAll() }
            return await group.next()
        }
        #expect(throws: CancellationError.self) { try outcome?.get() }
        try await expectNothing(under: "a.jar")
    }

    private func expectCorrupt(_ body: PiecewiseBody, of asset: Asset, _ condition: WriteCondition) async throws {
        for origin in [nil, BodyOrigin(TestOperations.getAsset, "where the bytes come from")] {
            let body = body.from(origin)
            let failure = await #expect(throws: RemoteFailure.self) {
                try await store.write(body, of: asset, to: key("a.jar"), condition)
            }
            #expect(failure?.kind == .corrupt)
            guard let origin else { continue }
            #expect(failure?.operation == origin.operation && failure?.target == origin.target)
        }
        try await expectNothing(under: "a.jar")
    }
}
