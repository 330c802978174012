package import Cryptography

/// The settings of a local CodeArtifact.
extension LocalCodeArtifact {
    /// What a local CodeArtifact holds at its start and how it behaves.
    package struct Configuration: Sendable {
        /// One repository and what it is filled with.
        package struct Repository: Sendable {
            package var name: String
            package var description: String?
            /// Searched in this order by Maven requests.
            package var upstreams: [String] = []
            /// Directories with the layout of a Maven repository; the later one wins where two have a package.
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
        /// The name in the addresses that are handed out; nil: `host`, or where that stands for all addresses, the name
        /// that each client has used.
        package var publicHost: String?
        /// 0: any free port.
        package var port = 0
        /// Of the bucket that assets are redirected to; 0: any free port.
        package var assetsPort = 0
        package var domain = "my-domain"
        package var owner = "111122223333"
        package var region = "us-west-2"
        package var repositories: [Repository]
        /// All of them are taken; the first one is what `environment` names.
        package var credentials = [
            AWSCredentials(
                accessKeyID: "AKIALOCALSANDBOX",
                secretAccessKey: "local-sandbox-secret",
                sessionToken: nil,
                expiration: nil
            )
        ]
        /// Off: requests to the control API need no signature.
        package var checksSignatures = true
        /// Added before each answer.
        package var latency: Duration = .zero
        /// How far the service's clock is ahead of this machine's.
        package var clockOffset: Duration = .zero
        /// Every request passes it first, those for assets too.
        package var gate: RequestGate?
        /// Nil: no request is throttled.
        package var throttle: ThrottleRates?
        package var faults: [Fault] = []
        /// The IAM actions that no caller is allowed, such as `codeartifact:ListPackages`.
        package var denied: Set<String> = []
        /// The private key in PEM that Sign signs with; nil for a new one.
        package var signingKeyPEM: String?
        /// What the key is said to be.
        package var signingKeySpec = "ECC_NIST_P256"
        package var signingKeyUsage = "SIGN_VERIFY"
        /// Of faults with a probability and of revisions.
        package var seed: UInt64 = 1
        /// Whether GET of an asset answers 307 to the second listener, as the service does, or the bytes.
        package var redirectsAssets = true
        /// The status of a Maven request without a good token: 401 or 403, reports differ.
        package var refusedTokenStatus = 401
        /// Overrules the lifetime that a client asks for.
        package var tokenLifetime: Duration?
        /// Pages hold half of what they may.
        package var shortPages = false
        /// Every second page is empty and has a token.
        package var emptyPages = false
        /// Members without a value are written as null where the service's samples do so.
        package var nullMembers = false
        /// About one version in so many is listed without `origin`; 0: none.
        package var missingOrigins = 0
        /// Whether a change of status makes a new revision.
        package var statusChangesRevision = false
        /// Whether the metadata that publishes a release becomes an asset of it, as the user guide's samples show.
        package var keepsMetadataAsset = true
        /// Whether a snapshot's document is returned as it was sent, with the files of older builds; otherwise it names
        /// only those of the newest build. Which of the two the service does is not documented.
        package var keepsSnapshotDocuments = true
        /// Whether the document of a group's Maven plugins is kept and returned; otherwise it is accepted and discarded.
        /// The user guide does not say which.
        package var keepsGroupDocuments = true
        /// Whether a document publishes the versions that it names; users have met services where it did not.
        package var documentsPublish = true
        /// Bytes of one PUT, which are held in memory.
        package var largestUpload = 1 << 30

        package init(repositories: [Repository] = [Repository("releases")]) {
            self.repositories = repositories
        }

        var listening: ListeningHost { ListeningHost(host: host, publicHost: publicHost) }

        /// Throws where the service would refuse a name.
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
