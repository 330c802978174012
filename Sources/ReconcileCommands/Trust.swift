import AWSServices
package import ArgumentParser
import FoundationEssentials
package import ReconcileApp
package import ReconcileCore

/// `reconcile trust`: the trust file of a domain's signing key.
package struct Trust: ParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Print the trust file of a signing key, for --trust.",
        usage: "reconcile trust --signing-key <file> --domain <name> --domain-owner <account> --region <name>",
        discussion: helpPage(
            examples: [
                "reconcile trust --signing-key backup-key.pem --domain my-domain --domain-owner 111122223333 "
                    + "--region eu-west-1 > trust.json"
            ],
            """
            Reads the key, takes its public part and contacts nothing. Keep the file where whoever reads the backup can \
            get it and whoever writes to the bucket cannot change it. It holds no secret. Use one key for one domain, and \
            for nothing else; openssl ecparam -name prime256v1 -genkey -noout makes one.
            """
        )
    )

    @OptionGroup package var subject: TrustSubject

    package init() {}

    package func run() throws {
        let environment = ProcessInfo.processInfo.environment
        do {
            try OutputFile.print(String(decoding: file().document, as: UTF8.self))
        } catch {
            Console(environment: environment).line("reconcile trust: \(error)")
            throw ExitCode(ExitStatus(error).rawValue)
        }
    }

    /// - Throws: `UsageFailure` where something is missing, `InvalidSettings` for what is no key.
    package func file() throws -> TrustFile {
        guard let file = subject.signingKey, let domain = subject.domain, let owner = subject.domainOwner,
            let region = subject.region
        else { throw UsageFailure("--signing-key, --domain, --domain-owner and --region are all needed") }
        let identity = RunCertificate.Identity(owner: owner.description, region: region, domain: domain)
        guard RunCertificate.Identity(identity.description) == identity else {
            throw UsageFailure("\(identity) cannot be a domain: write its name, and a region such as eu-west-1")
        }
        let key = try SigningFlags.key(in: file)
        return TrustFile(identity: identity, keys: [TrustFile.Key(point: key.point, from: nil, until: nil)])
    }
}

/// Which key a trust file is of, and which domain it is for.
package struct TrustSubject: ParsableArguments {
    @Option(
        help: ArgumentHelp("The private key on P-256, in PEM and not encrypted.", valueName: "file"),
        completion: .file()
    )
    package var signingKey: String?

    @Option(help: ArgumentHelp("The CodeArtifact domain that is backed up.", valueName: "name"))
    package var domain: String?

    @Option(
        help: ArgumentHelp("The 12-digit account that owns the domain.", valueName: "account"),
        transform: spelled
    )
    package var domainOwner: AccountID?

    @Option(help: ArgumentHelp("The domain's region.", valueName: "name"))
    package var region: String?

    package init() {}
}
