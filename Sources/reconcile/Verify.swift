import ArgumentParser
import ReconcileApp

/// `reconcile verify`.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hold the backup against its own manifests, and mend it with --repair.",
        discussion: """
            Without --repair it writes nothing and asks nothing of the domain, which need not exist any more. Exits 0 \
            when everything looked at is sound or was mended and 6 with any fault that is left; each is named with its \
            key and what to do. A run may be at work meanwhile.

            EXAMPLES
              reconcile verify --domain my-domain --backup s3://my-bucket
              reconcile verify --domain my-domain --backup s3://my-bucket --depth bytes --subset today/30
              reconcile verify --domain my-domain --domain-owner 111122223333 --backup s3://my-bucket --repair
            """
    )

    @OptionGroup var settings: SettingArguments
    @OptionGroup(title: "How closely to look") var verifying: VerifyArguments

    func run() async throws {
        try await settings.withJob(needsDomain: false, verifying: verifying.flags) { await $0.verify() }
    }
}

/// The flags of `reconcile verify` alone: each row of `Setting.ofVerify` once.
struct VerifyArguments: ParsableArguments {
    @Option(name: .setting(.depth), help: .setting(.depth)) var depth: String?
    @Option(name: .setting(.sample), help: .setting(.sample)) var sample: String?
    @Option(name: .setting(.subset), help: .setting(.subset)) var subset: String?
    @Option(name: .setting(.settling), help: .setting(.settling)) var settling: String?
    @Flag(name: .setting(.repair), help: .setting(.repair)) var repair = false

    /// What was given, by setting.
    var flags: [Setting: [String]] {
        let given: [(Setting, String?)] = [
            (.depth, depth), (.sample, sample), (.subset, subset), (.settling, settling),
            (.repair, repair ? "true" : nil),
        ]
        return [Setting: [String]](given: given)
    }
}
