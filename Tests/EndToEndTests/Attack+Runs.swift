import ReconcileCore
import TestSupport
import Testing

/// What is to keep a run from recording what is true, or to have it record what is not.
extension Attack {
    static var runs: [Attack] { suppressions + laundering + [collision] }

    /// Something under the name that the record of a new version gets, before it does.
    private static var suppressions: [Attack] {
        func row(_ name: String, _ text: String, _ ran: Ran) -> Attack {
            let lacking = Restored.without("1.3", "untrusted")
            return Attack("before a record: \(name)", verify: ["unreadableManifest"], restored: lacking, ran: ran) {
                $0.source.publish(AttackStage.version("1.3"), ["app-1.3.jar": "jar 1.3"])
                try await $0.suppress(AttackStage.version("1.3"), with: text)
            }
        }
        let copies = Ran(copied: 1, warning: "1 object does not count as a record: ", restored: .whole)
        return [
            row("nothing", "", copies), row("an empty object", "{}", copies), row("a format", #"{"format":1}"#, copies),
            // Runs without a trust file take it for the record by its name; a verification reads it, and names it.
            row(
                "as much as a record",
                "{}" + String(repeating: " ", count: 200),
                Ran(restored: .without("1.3", "untrusted"))
            ),
        ]
    }

    /// A forged record that names another file, and then the deletion of the version at the source.
    private static var laundering: [Attack] {
        func forged(ending end: String) -> @Sendable (AttackStage) async throws -> Void {
            { stage in
                try await stage.forge { text in
                    let sum = text.split(separator: #""sha256":""#).dropFirst().first?.prefix(64) ?? ""
                    return text.replacing(sum, with: AttackStage.forgedSHA256).dropLast() + end
                }
            }
        }
        return [
            Attack(
                "laundering: a record that breaks a rule, and a deletion",
                verify: ["unreadableManifest"],
                restored: .named,
                ran: Ran(exit: .failures, restored: .whole, carriesOn: false),
                forged(ending: #","more":1}"#)
            ),
            // What only a signature would show.
            Attack(
                "laundering: a record that keeps every rule, and a deletion",
                verify: ["wrongBytes"],
                restored: .without("1.0", "corrupt"),
                ran: Ran(restored: .whole, carriesOn: true),
                forged(ending: "}")
            ),
        ].map { attack in attack.then { $0.delete(AttackStage.version("1.0")) } }
    }

    /// Other bytes with the MD5 of a file, where a run will put it.
    private static var collision: Attack {
        Attack(
            "other bytes of the same MD5",
            verify: ["stray"],
            restored: Restored(lacking: ["1.3"]),
            // Nothing is written over where that would lose what was there.
            ran: Ran(exit: .failures, restored: Restored(lacking: ["1.3"])),
            ranWithVersions: Ran(copied: 1, restored: .whole)
        ) { stage in
            stage.source.publish(AttackStage.version("1.3"), bytes: ["app-1.3.jar": collidingBytes[0]])
            let key = stage.layout.key(of: "app-1.3.jar", in: AttackStage.version("1.3"))
            _ = try await stage.store.write(collidingBytes[1], to: key, .overwrite)
        }
    }
}

extension AttackStage {
    static let forgedSHA256 = String(repeating: "ab", count: 32)

    /// Whether the record of the deletion of 1.0 has what the forged one says.
    func carriesOn() async throws -> Bool {
        var keys: [ObjectKey] = []
        try await store.forEachObject(under: layout.manifestsPrefix(of: Self.version("1.0"))) { keys.append($0.key) }
        let key = try #require(keys.first { layout.record(at: $0)?.status == .deleted })
        let bytes = try #require(try await store.read(key, limit: 1 << 20))
        return String(decoding: bytes, as: UTF8.self).contains(Self.forgedSHA256)
    }

    /// Puts something where a run would look for the record of what the source shows of a version.
    func suppress(_ version: VersionCoordinates, with text: String) async throws {
        guard let current = source.currentVersions[version] else { return }
        let record = ManifestRecord(
            coordinates: version,
            recordedAt: now,
            revision: current.revision,
            status: current.status
        )
        try await put(text, at: layout.key(of: record).value)
    }
}
