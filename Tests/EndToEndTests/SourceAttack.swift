import ReconcileCore
import TestSupport

/// One thing that a domain may show or do, and how a run over it ends.
struct SourceAttack: Sendable {
    /// Where a backup lies.
    enum Place: Sendable {
        case directory, bucket
    }

    let name: String
    private let run: ExitStatus
    private let unprotected: Int
    /// The kind of store that does not take what this row has, so that one version fails there and nothing else does.
    private let refusedIn: Place?
    let apply: @Sendable (InMemorySource) -> Void

    init(
        _ name: String,
        run: ExitStatus = .converged,
        unprotected: Int = 0,
        refusedIn: Place? = nil,
        _ apply: @escaping @Sendable (InMemorySource) -> Void
    ) {
        self.name = name
        self.run = run
        self.unprotected = unprotected
        self.refusedIn = refusedIn
        self.apply = apply
    }

    /// How a run over it ends, and how many versions it cannot protect whole.
    func outcome(in place: Place) -> (exit: ExitStatus, unprotected: Int) {
        place == refusedIn ? (.failures, 1) : (run, unprotected)
    }

    static var all: [SourceAttack] { names + bytes + changes }

    /// Names that are to leave their folder, to collide, or to act on whoever reads them.
    private static var names: [SourceAttack] {
        let words: [(String, String)] = [
            ("two dots", ".."), ("one dot", "."), ("a way up", "../../../etc"), ("an absolute path", "/etc/passwd"),
            ("an encoded way up", "%2e%2e%2f"), ("a percent sign", "%"), ("a backslash", "..\\.."),
            ("a NUL", "a\u{0}b"),
            ("a line end", "a\r\nb"), ("an escape sequence", "\u{1B}[31mred"), ("text that turns round", "\u{202E}raj"),
            ("a blank at the end", "a "), ("a tilde", "~root"), ("a star", "*"), ("an element", "<script>"),
            ("200 letters", String(repeating: "n", count: 200)), ("two spellings of é", "e\u{301}"),
            ("a record's name", "20260101T000000Z.cmV2.Published.json"), ("a document's name", "maven-metadata.xml"),
        ]
        return words.flatMap { name, word -> [SourceAttack] in
            let others = PackageCoordinates(repository: "releases", namespace: "com.other", name: word)
            // SeaweedFS takes it for a slash, and refuses the key.
            let refused: Place? = word.contains("\\") ? .bucket : nil
            return [
                SourceAttack("a package named with \(name)", refusedIn: refused) {
                    $0.publish(VersionCoordinates(package: others, version: "1.0"), ["a.jar": "other"])
                },
                // In a directory, the package's own document is a file where the version's folder would be.
                SourceAttack(
                    "a version named with \(name)",
                    refusedIn: word == "maven-metadata.xml" ? .directory : refused
                ) {
                    $0.publish(AttackStage.version(word), ["a.jar": "other"])
                },
                SourceAttack("a file named with \(name)", refusedIn: refused) {
                    $0.publish(AttackStage.version("3.0"), [word: "other"])
                },
            ]
        }
    }

    /// Files that are not what their listing says.
    private static var bytes: [SourceAttack] {
        let faults: [(String, InMemorySource.AssetFault)] = [
            ("whose SHA-256 is of other bytes", .wrongHash), ("without a SHA-256", .noHash),
            ("that ends early, as if it were whole", .endsEarly), ("that breaks off each time", .breaksOff),
        ]
        return faults.map { name, fault in
            SourceAttack("a file \(name)", run: .failures, unprotected: 1) {
                $0.publish(AttackStage.version("3.0"), ["a.jar": "other bytes"])
                $0.setFault(fault, on: "a.jar", in: AttackStage.version("3.0"))
            }
        }
    }

    /// Versions that are changed or taken away.
    private static var changes: [SourceAttack] {
        [
            // Without versions there is no place for both.
            SourceAttack("a version published again with other bytes", refusedIn: .directory) {
                $0.delete(AttackStage.version("1.0"))
                $0.publish(AttackStage.version("1.0"), ["app-1.0.jar": "bad", "app-1.0.pom": "pom"])
            },
            SourceAttack("a file that is put into a version later") {
                $0.put("evil.jar", "evil", in: AttackStage.version("1.0"))
            },
            SourceAttack("a package opened to upstream repositories") {
                $0.setControls(OriginControls(publish: .allow, upstream: .allow), of: AttackStage.app)
            },
            SourceAttack("one version of three deleted") { $0.delete(AttackStage.version("1.0")) },
            SourceAttack("all versions deleted", run: .refused) {
                for version in ["1.0", "1.1", "1.2"] { $0.delete(AttackStage.version(version)) }
            },
            SourceAttack("all versions archived") {
                for version in ["1.0", "1.1", "1.2"] { $0.withdraw(AttackStage.version(version), as: .archived) }
            },
            SourceAttack("a version that no listing shows") { $0.hide(AttackStage.version("1.0")) },
        ]
    }
}
