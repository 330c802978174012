package import Cryptography

/// The settings of a local CodeArtifact.
extension LocalCodeArtifact {
    /// The initial contents of a local CodeArtifact, and how it behaves.
    package struct Configuration: Sendable {
        /// One repository and its initial contents.
        package struct Repository: Sendable {
            package var name: String
            package var description: String?
            /// The order in which Maven requests search them.
            package var upstreams: [String] = []
            /// Directories laid out like Maven repositories; a later one wins if two contain the same package.
            package var imports: [String] = []
            package var synthetic: SyntheticRecipe?

            package init(_ name: String, imports: [String] = [], synthetic: SyntheticRecipe? = nil) {
                self.name = name
                self.imports = imports
                self.synthetic = synthetic
            }
        }

        /// Where the servers listen.
        package var host = "127.0.0.1"
        /// The host name in URLs that are given to clients; nil for `host` or, if that stands for all addresses, for
        /// the name that each client used.
        package var publicHost: String?
        /// 0 for any free port.
        package var port = 0
        /// The port of the bucket that serves redirected assets; 0 for any free port.
        package var assetsPort = 0
        package var domain = "my-domain"
        package var owner = "111122223333"
        package var region = "us-west-2"
        package var repositories: [Repository]
        /// All of these are accepted; `environment` contains the first.
        package var credentials = [
            AWSCredentials(
                accessKeyID: "AKIALOCALSANDBOX",
                secretAccessKey: "local-sandbox-secret",
                sessionToken: nil,
                expiration: nil
            )
        ]
        /// Whether requests to the control API must be signed.
        package var checksSignatures = true
        /// The delay before each answer.
        package var latency: Duration = .zero
        /// How far the service's clock is ahead of this machine's.
        package var clockOffset: Duration = .zero
        /// Every request passes through it first, including those for assets.
        package var gate: RequestGate?
        /// Nil for no throttling.
        package var throttle: ThrottleRates?
        package var faults: [Fault] = []
        /// IAM actions that are denied to all callers, such as `codeartifact:ListPackages`.
        package var denied: Set<String> = []
        /// The PEM private key used by Sign; nil to generate one.
        package var signingKeyPEM: String?
        /// The key spec and usage to report; Sign fails unless both have their defaults.
        package var signingKeySpec = "ECC_NIST_P256"
        package var signingKeyUsage = "SIGN_VERIFY"
        /// The seed for faults with a probability and for revisions.
        package var seed: UInt64 = 1
        /// Whether GET of an asset answers 307 to the second listener, as the service does, or with the bytes.
        package var redirectsAssets = true
        /// The status for Maven requests without a valid token: 401 or 403, since reports differ.
        package var refusedTokenStatus = 401
        /// Overrides the lifetime that clients request.
        package var tokenLifetime: Duration?
        /// Whether pages have only half the requested size.
        package var shortPages = false
        /// Whether every second page is empty but has a token.
        package var emptyPages = false
        /// Whether members without a value are null, where the service's samples show that.
        package var nullMembers = false
        /// Lists about one version in this many without `origin`; 0 for none.
        package var missingOrigins = 0
        /// Whether a status change creates a new revision.
        package var statusChangesRevision = false
        /// Whether the metadata that publishes a release becomes one of its assets, as the user guide's samples show.
        package var keepsMetadataAsset = true
        /// Whether a snapshot's document is returned as sent, including files of older builds. Otherwise it lists only
        /// those of the newest build. It is not documented which of the two the service does.
        package var keepsSnapshotDocuments = true
        /// Whether the document of a group's Maven plugins is kept and returned; otherwise it is accepted and
        /// discarded. The user guide does not say which.
        package var keepsGroupDocuments = true
        /// Whether a document publishes the versions that it names; users have seen the service not do so.
        package var documentsPublish = true
        /// The size limit in bytes of a PUT, which is held in memory.
        package var largestUpload = 1 << 30

        package init(repositories: [Repository] = [Repository("releases")]) {
            self.repositories = repositories
        }

        var listening: ListeningHost { ListeningHost(host: host, publicHost: publicHost) }

        /// Throws if the service would reject a name.
        package func checkNames() throws(SeedingFailure) {
            guard Parameters.Pattern.domain.admits(domain) else {
                throw SeedingFailure(
                    "\"\(domain)\" is not a domain's name: write 2 to 50 lower-case letters, digits and "
                        + "hyphens, a letter first and no hyphen last"
                )
            }
            guard Parameters.Pattern.account.admits(owner) else {
                throw SeedingFailure("\"\(owner)\" is not an account: write its 12 digits")
            }
            for name in repositories.flatMap({ [$0.name] + $0.upstreams })
            where !Parameters.Pattern.repository.admits(name) {
                throw SeedingFailure(
                    "\"\(name)\" is not a repository's name: write 2 to 100 letters, digits, dots, "
                        + "hyphens and underscores, a letter or digit first"
                )
            }
        }
    }
}
