import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A second place for checkpoints, as the program keeps it.
@Suite(.serialized, .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"))
struct WitnessTests {
    @Test func `a run keeps its checkpoint in a second place, and is no success where it cannot`() async throws {
        try await withScratchDirectory { scratch in
            let configuration = LocalCodeArtifact.Configuration(repositories: [.init("releases"), .init("shared")])
            try await LocalCodeArtifact.with(configuration) { server in
                try server.fillVariously()
                let (backup, witness) = ("\(scratch)/backup", "\(scratch)/witness")
                let first = try await server.reconcile(to: "file://\(backup)")
                #expect(first.status == 0, "\(first.errors)")
                try age("\(backup)/\(server.configuration.domain)/manifests")

                // Nothing may be written there, and everything is protected all the same.
                try Data().write(to: URL(filePath: "\(scratch)/file"))
                let refused = try await server.reconcile(
                    to: "file://\(backup)",
                    ["--witness", "file://\(scratch)/file/witness"]
                )
                #expect(refused.status != 0 && refused.report?.outcome == .converged, "\(refused.errors)")
                #expect(refused.errors.contains("could not be stored at the witness file://\(scratch)/file/witness"))

                let second = try await server.reconcile(to: "file://\(backup)", ["--witness", "file://\(witness)"])
                #expect(second.status == 0, "\(second.errors)")
                let kept = try files(below: witness)
                let own = try files(below: backup).filter { $0.key.contains("/checkpoints/") }
                #expect(kept.count == 1 && Set(kept.keys) == Set(own.keys))
                for (key, file) in own { #expect(try sha256(file) == sha256(try #require(kept[key]))) }
            }
        }
    }

    /// Has records say that they were made three hours earlier: those of the last hour are in no checkpoint.
    private func age(_ folder: String) throws {
        for (_, file) in try files(below: folder) {
            let name = file.lastPathComponent
            let time = try #require(Timestamp(basic: name.prefix(16)))
            let earlier = Timestamp(seconds: time.seconds - 3 * 3_600)
            let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            let moved = file.deletingLastPathComponent().appending(path: earlier.basic + name.dropFirst(16))
            try Data(text.replacing(time.extended, with: earlier.extended).utf8).write(to: moved)
            try FileManager.default.removeItem(at: file)
        }
    }
}
