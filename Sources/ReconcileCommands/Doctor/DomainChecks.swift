import AWSServices
import ReconcileApp
import ReconcileCore

/// Reports on a domain: whether it exists, what it contains, and whether its files can be downloaded.
struct DomainChecks: Sendable {
    /// The domain's name.
    let name: String
    let holdings: DomainTrial.Holdings
    let uses: Set<DomainUse>
    /// The rate limits in force, in requests per second.
    let limits: [RateClass: Double]
    var quotas = Quotas.unknown(nil)

    func checks(_ trials: Trials) -> [Check] {
        [domain(trials), files(trials)].compactMap(\.self) + pace + [cost].compactMap(\.self)
    }

    private func domain(_ trials: Trials) -> Check {
        if let failure = trials.failure(of: CodeArtifactOperations.listRepositories) { return unlisted(failure) }
        guard holdings.hasRepositories else {
            if uses.contains(.naming) {
                return .unknown("domain", "no such domain yet, or it has no repository; --create-domain makes a domain")
            }
            return .bad(
                "domain",
                "no such domain, or it has no repository: check --domain, --domain-owner and --region",
                "aws codeartifact list-domains"
            )
        }
        if !holdings.absentRepositories.isEmpty {
            return .bad(
                "domain",
                "it has no repository \(holdings.absentRepositories.sorted().formattedList): check --repository",
                "aws codeartifact list-repositories-in-domain --domain \(name)"
            )
        }
        let repositories = words(
            holdings.repositories.count,
            "repository",
            "repositories",
            holdings.hasMoreRepositories
        )
        if uses.contains(.naming) { return .good("domain", repositories) }
        if let failure = trials.failure(of: CodeArtifactOperations.listPackages) { return unlisted(failure) }
        guard !holdings.packages.isEmpty else {
            return .unknown("domain", "\(repositories), and no Maven package in the first ones")
        }
        let packages = words(holdings.packages.count, "package", "packages", holdings.hasMorePackages)
        return .good("domain", "\(repositories); \(packages) in the first of them that has any")
    }

    private func unlisted(_ failure: RemoteFailure) -> Check {
        guard [.unavailable, .unreachable, .malformed, .invalid].contains(failure.kind) else {
            return .failed("domain", failure)
        }
        return .bad(
            "domain",
            "\(failure.operation): \(failure.message)",
            "Check the region, AWS_ENDPOINT_URL_CODEARTIFACT, the proxy and, in a VPC, the codeartifact.api endpoint."
        )
    }

    private func words(_ count: Int, _ one: String, _ many: String, _ hasMore: Bool) -> String {
        "\(count) \(count == 1 ? one : many)\(hasMore ? " or more" : "")"
    }

    /// The cost of a run that finds nothing to do, as far as the first pages show.
    private var cost: Check? {
        guard uses.isSuperset(of: [.listing, .finding, .describing, .reading]), !holdings.packages.isEmpty else {
            return nil
        }
        var requests = [
            CodeArtifactOperations.listRepositories: 1,
            CodeArtifactOperations.listPackages: holdings.repositories.count,
            CodeArtifactOperations.listVersions: holdings.packages.count,
        ]
        if uses.contains(.configuration) {
            let reading = CodeArtifactOperations.readingConfiguration(
                repositories: holdings.repositories.count,
                groups: holdings.packageGroups
            )
            requests.merge(reading) { $1 }
        }
        let hasMore =
            holdings.hasMorePackages || holdings.hasMoreRepositories || holdings.repositories.count > 1
            || holdings.packageGroups > 1
        let count = requests.values.reduce(0, +)
        return .good(
            "cost",
            "a run that finds nothing to do sends \(hasMore ? "at least " : "")\(count) requests to CodeArtifact "
                + "(\(requests.price)); reconcile plan says what the next run takes"
        )
    }

    /// Reports whether the Maven endpoint and the store that it redirects to respond.
    private func files(_ trials: Trials) -> Check? {
        guard uses.contains(.reading) else { return nil }
        if let silence = trials.silence(of: "codeartifact") { return .skipped("files", after: silence) }
        if let silence = trials.silence(of: "maven", "assets") {
            guard silence.denial == nil else { return .skipped("files", after: silence) }
            return .bad(
                "files",
                "\(silence.operation): \(silence.message)",
                "In a VPC: the codeartifact.repositories endpoint and the S3 gateway endpoint; else the proxy."
            )
        }
        if holdings.readsAssets { return .good("files", "the Maven endpoint and the store it redirects to answer") }
        let steps = [
            CodeArtifactOperations.getToken, CodeArtifactOperations.getEndpoint, MavenOperations.getAsset,
            AssetStoreOperations.get,
        ]
        for step in steps {
            guard let failure = trials.failure(of: step) else { continue }
            return step == AssetStoreOperations.get
                ? .bad("files", failure.message, access: true) : .failed("files", failure)
        }
        return .unknown("files", "not tried: no file was found")
    }

    /// The account's quotas.
    enum Quotas: Sendable {
        case known([RateClass: Double])
        /// The service's default quotas are used instead; the check says why, if the account's quotas were requested.
        case unknown(Check?)
    }

    /// - Throws: `CancellationError`.
    static func quotas(_ ask: () async throws -> AccountQuotas?) async throws -> Quotas {
        do {
            guard let quotas = try await ask() else { return .unknown(nil) }
            return .known(quotas.rates)
        } catch let failure as RemoteFailure {
            // Bad credentials are reported by another check.
            let words = failure.kind == .credentials ? failure.message : Check.failed("", failure).finding
            return .unknown(.unknown("quotas", "the account's own: \(words)"))
        } catch let failure as InvalidSettings {
            return .unknown(.unknown("quotas", "the account's own: \(failure)"))
        }
    }

    /// Compares the rates in force with the account's quotas, or with the service's default ones.
    private var pace: [Check] {
        var known: [RateClass: Double] = [:]
        var missing: Check?
        switch quotas {
        case .known(let rates): known = rates
        case .unknown(let check): missing = check
        }
        let over = limits.filter { $0.value > known[$0.key] ?? $0.key.serviceQuota }.keys
        let words = RateClass.allCases.compactMap { rate in
            limits[rate].map {
                "\(rate.words) \(Quantity.number($0)) of \(Quantity.number(known[rate] ?? rate.serviceQuota))"
            }
        }
        let source = known.isEmpty ? "default quotas" : "the account's quotas"
        let text = "\(words.joined(separator: ", ")) requests a second (\(source))"
        let rates: Check
        if over.isEmpty {
            rates = .good("rates", text)
        } else if over.allSatisfy({ known[$0] != nil }) {
            rates = .bad(
                "rates",
                "above the account's quotas, so requests are refused and sent again. \(text)",
                RateClass.allCases.filter(over.contains).map { "\($0.flag) \(Quantity.number((known[$0] ?? 0) * 0.8))" }
                    .joined(separator: " ")
            )
        } else {
            rates = .unknown(
                "rates",
                "above the default quotas; the account's own may be higher. \(text)",
                "aws service-quotas list-service-quotas --service-code codeartifact"
            )
        }
        return [rates] + [missing].compactMap(\.self)
    }
}

extension RateClass {
    fileprivate var words: String {
        switch self {
        case .listPackages: "ListPackages"
        case .listPackageVersions: "ListPackageVersions"
        case .listPackageVersionAssets: "ListPackageVersionAssets"
        case .accountReads: "reads"
        case .accountWrites: "writes"
        }
    }

    fileprivate var flag: String {
        switch self {
        case .listPackages: "--rate-list-packages"
        case .listPackageVersions: "--rate-list-package-versions"
        case .listPackageVersionAssets: "--rate-list-package-version-assets"
        case .accountReads: "--rate-reads"
        case .accountWrites: "--rate-writes"
        }
    }
}

extension Quantity {
    /// Formats a number, without a fraction if it is whole.
    fileprivate static func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : tenths(value)
    }
}
