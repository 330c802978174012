package import AWSServices
import Cryptography
import FoundationEssentials
package import HTTPTransfer
package import Logging
package import ReconcileCore
import Synchronization

/// What a command's calls to AWS share: connections, credentials, retries, rates and counts.
package struct AWSAccess: Sendable {
    package let settings: AWSSettings
    /// The domain's region; nil if it is unknown.
    package let region: String?
    package let client: HTTPClient
    package let ledger: RequestLedger
    package let governor: RateGovernor
    package let policy: RetryPolicy
    package let clock: any RunClock
    package let logger: Logger
    let credentials: CachedCredentials
    /// The sources of the credentials.
    fileprivate let chain: Chain

    /// What the credential search uses.
    fileprivate struct Chain: Sendable {
        let environment: [String: String]
        /// The profile that the settings name.
        let profile: String?
        /// The region that the settings name, for STS.
        let region: String?
        let access: CredentialAccess
        let tried: TriedPlaces

        func credentials(profile: String?) -> CachedCredentials {
            CachedCredentials(
                source: CredentialChain(
                    environment: environment,
                    chosenProfile: profile,
                    chosenRegion: region,
                    access: access,
                    whenNothing: tried.log
                ),
                clock: access.clock
            )
        }
    }

    /// The number of transfers that have moved no bytes for some seconds.
    package var stalledTransfers: Int { client.stalledCount }

    /// Returns the context of a run: its clock, request counts, stop signal and event observer.
    package func context<Event>(
        _ stop: StopSignal,
        observe: @escaping @Sendable (Event) -> Void
    ) -> RunContext<Event> {
        RunContext(clock: clock, ledger: ledger, stop: stop, observe: observe)
    }

    /// Facts about credentials: where they came from, when they expire in seconds since 1970 (nil if unknown), whether
    /// they are temporary, and whether their source renews them without a person.
    package struct CredentialFacts: Hashable, Sendable {
        package let place: String
        package let expiry: Double?
        package let isTemporary: Bool
        package let isRenewable: Bool

        package init(place: String, expiry: Double?, isTemporary: Bool, isRenewable: Bool) {
            self.place = place
            self.expiry = expiry
            self.isTemporary = isTemporary
            self.isRenewable = isRenewable
        }
    }

    /// Returns facts about the credentials that requests are signed with.
    ///
    /// - Parameter bucket: set for the bucket's credentials instead of the domain's.
    /// - Throws: `InvalidSettings`, `RemoteFailure`, or `CancellationError`.
    package func credentialFacts(of bucket: BucketFlags? = nil) async throws -> CredentialFacts {
        let source = try bucket.map { try asBackup($0).credentials } ?? credentials
        let used = try await source.credentials()
        return CredentialFacts(
            place: used.place,
            expiry: used.expiration?.timeIntervalSince1970,
            isTemporary: used.sessionToken != nil,
            isRenewable: used.isRenewable
        )
    }

    /// Returns the identity that signs the requests.
    ///
    /// - Parameter bucket: set for the bucket's caller instead of the domain's.
    /// - Throws: `InvalidSettings` for an invalid endpoint, `UsageFailure` if no region is known, `RemoteFailure`, or
    ///   `CancellationError`.
    package func callerIdentity(of bucket: BucketFlags? = nil) async throws -> CallerIdentity {
        let caller = try bucket.map { try asBackup($0) } ?? (settings: settings, credentials: credentials)
        let region = try bucket?.backupRegion ?? knownRegion()
        return try await CallerIdentity(
            askedOf: transport(
                to: caller.settings.endpoint(of: .sts, region: region),
                as: caller.credentials,
                signature: SignatureV4(region: region, service: "sts"),
                fault: CallerIdentity.fault
            )
        )
    }

    /// Returns the account's CodeArtifact quotas; nil if CodeArtifact has a custom endpoint and Service Quotas has
    /// none, because the quotas are then unknown.
    ///
    /// - Throws: as `callerIdentity`.
    package func accountQuotas() async throws -> AccountQuotas? {
        let isKnown = try settings.configuredEndpoint(of: .serviceQuotas) != nil
        guard try isKnown || settings.configuredEndpoint(of: .codeartifact) == nil else { return nil }
        let region = try knownRegion()
        return try await AccountQuotas(
            askedOf: transport(
                to: settings.endpoint(of: .serviceQuotas, region: region),
                as: credentials,
                signature: SignatureV4(region: region, service: "servicequotas"),
                fault: ServiceFault.json
            )
        )
    }

    /// Returns a KMS key, reached with the command's own credentials in the key's region.
    ///
    /// - Throws: `InvalidSettings` for an invalid endpoint.
    package func key(_ arn: KMSKeyARN) throws(InvalidSettings) -> KMSKey {
        KMSKey(
            arn,
            by: transport(
                to: try settings.endpoint(of: .kms, region: arn.region),
                as: credentials,
                signature: SignatureV4(region: arn.region, service: "kms"),
                deadlines: KMSKey.deadlines,
                fault: ServiceFault.json
            )
        )
    }

    private func transport(
        to endpoint: ServiceEndpoint,
        as caller: CachedCredentials,
        signature: SignatureV4,
        deadlines: HTTPDeadlines = HTTPDeadlines(),
        fault: @escaping @Sendable (HTTPResponse) -> ServiceFault
    ) -> SignedTransport {
        SignedTransport(
            client: client,
            endpoint: endpoint,
            credentials: caller,
            signature: signature,
            ledger: ledger,
            governor: governor,
            deadlines: deadlines,
            fault: fault,
            clock: clock
        )
    }

    /// Returns the settings and credentials for the bucket, from the profile and role given for the bucket alone, if
    /// any.
    ///
    /// - Throws: `InvalidSettings` for a profile that is in no file.
    func asBackup(
        _ flags: BucketFlags
    ) throws(InvalidSettings) -> (settings: AWSSettings, credentials: CachedCredentials) {
        let settings = try AWSSettings(
            environment: chain.environment,
            chosenProfile: flags.backupProfile ?? chain.profile,
            chosenRegion: chain.region,
            readFile: chain.access.readFile
        )
        let credentials = flags.backupProfile.map { chain.credentials(profile: $0) } ?? self.credentials
        guard let role = flags.backupRoleARN else { return (settings, credentials) }
        let assumed = RoleCredentials(
            role: role.description,
            externalID: flags.backupExternalID?.description,
            by: credentials,
            settings: settings,
            access: chain.access
        )
        return (settings, CachedCredentials(source: assumed, clock: clock))
    }

    /// Returns the settings for the bucket, from the profile given for the bucket alone, if any.
    ///
    /// - Throws: `InvalidSettings` for a profile that is in no file.
    package func settings(of bucket: BucketFlags) throws(InvalidSettings) -> AWSSettings {
        try asBackup(bucket).settings
    }

    /// - Throws: `UsageFailure` if no region is known.
    func knownRegion() throws(UsageFailure) -> String {
        guard let region else { throw UsageFailure("missing --region (or AWS_REGION)") }
        return region
    }
}

extension AWSFlags {
    /// Calls `body` with access to AWS, and closes it on every path. Sends no requests itself.
    ///
    /// - Parameters:
    ///   - operations: the operations that `body` may send to the domain and to the store.
    ///   - width: the number of concurrent pieces of work.
    ///   - limits: CodeArtifact's rate limits in requests per second, divided by the number of shards.
    ///   - patience: the maximum time to wait for a host; nil for the limit of each request.
    package func withAccess<Value>(
        on host: Host,
        for operations: Set<ServiceOperation>,
        width: Int = 1,
        limits: [RateClass: Double] = [:],
        shards: Int = 1,
        patience: Duration? = nil,
        _ body: (AWSAccess) async throws -> Value
    ) async throws -> Value {
        try await HTTPClient.withClient(host.clientSettings(width: width, patience: patience), trace: host.trace) {
            client in
            let chain = AWSAccess.Chain(
                environment: host.environment,
                profile: profile,
                region: region,
                access: .system(client: client, clock: host.clock),
                tried: TriedPlaces(logger: host.logger)
            )
            let ledger = RequestLedger(declared: operations)
            let access = AWSAccess(
                settings: host.aws,
                region: region ?? host.aws.region,
                client: client,
                ledger: ledger,
                governor: RateGovernor(limits: limits, shards: shards, clock: host.clock),
                policy: RetryPolicy(attempts: maxAttempts, ledger: ledger, clock: host.clock),
                clock: host.clock,
                logger: host.logger,
                credentials: chain.credentials(profile: profile),
                chain: chain
            )
            return try await body(access)
        }
    }
}

/// Logs the places where no credentials were found, one line each and only once, although every service looks for
/// credentials itself.
private final class TriedPlaces: Sendable {
    private let logger: Logger
    private let isLogged = Mutex(false)

    init(logger: Logger) {
        self.logger = logger
    }

    @Sendable func log(_ places: [String]) {
        let isFirst = isLogged.withLock { isLogged in
            defer { isLogged = true }
            return !isLogged
        }
        guard isFirst else { return }
        for place in places { logger.warning("no credentials from \(place)") }
    }
}
