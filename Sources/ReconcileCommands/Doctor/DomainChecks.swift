import AWSServices
import ReconcileApp
import ReconcileCore

/// Says what was seen of a domain: whether it is there, what it holds, and whether its files can be reached.
struct DomainChecks: Sendable {
    let holdings: DomainTrial.Holdings
    let uses: Set<DomainUse>
    /// In requests a second.
    let limits: [RateClass: Double]

    func checks(_ trials: Trials) -> [Check] {
        [domain(trials), files(trials), pace, cost].compactMap(\.self)
    }

    private func domain(_ trials: Trials) -> Check {
        if let failure = trials.failure(of: CodeArtifactOperations.listRepositories) {
            return .failed("domain", failure)
        }
        guard !holdings.repositories.isEmpty else {
            return .bad(
                "domain",
                "no such domain, or it has none of the repositories: check --domain, --domain-owner, --region and --repository",
                "aws codeartifact list-domains"
            )
        }
        let repositories = words(
            holdings.repositories.count,
            "repository",
            "repositories",
            holdings.hasMoreRepositories
        )
        if let failure = trials.failure(of: CodeArtifactOperations.listPackages) { return .failed("domain", failure) }
        guard !holdings.packages.isEmpty else {
            return .unknown("domain", "\(repositories), and no Maven package in the first ones")
        }
        let packages = words(holdings.packages.count, "package", "packages", holdings.hasMorePackages)
        return .good("domain", "\(repositories); \(packages) in the first of them that has any")
    }

    private func words(_ count: Int, _ one: String, _ many: String, _ hasMore: Bool) -> String {
        "\(count) \(count == 1 ? one : many)\(hasMore ? " or more" : "")"
    }

    /// What a run costs that finds nothing to do, as far as the first pages show.
    private var cost: Check? {
        guard uses == [.listing, .finding, .describing, .reading], !holdings.packages.isEmpty else { return nil }
        let requests = [
            CodeArtifactOperations.listRepositories: 1,
            CodeArtifactOperations.listPackages: holdings.repositories.count,
            CodeArtifactOperations.listVersions: holdings.packages.count,
        ]
        let hasMore = holdings.hasMorePackages || holdings.hasMoreRepositories || holdings.repositories.count > 1
        let count = requests.values.reduce(0, +)
        return .good(
            "cost",
            "a run that finds nothing to do sends \(hasMore ? "at least " : "")\(count) requests to CodeArtifact "
                + "(\(requests.price)); reconcile plan says what the next run takes"
        )
    }

    /// The Maven endpoint, and the store that it redirects to.
    private func files(_ trials: Trials) -> Check? {
        guard uses.contains(.reading) else { return nil }
        if holdings.readsAssets { return .good("files", "the Maven endpoint and the store it redirects to answer") }
        let steps = [CodeArtifactOperations.getToken, CodeArtifactOperations.getEndpoint, MavenOperations.getAsset]
        for step in steps {
            guard let failure = trials.failure(of: step) else { continue }
            guard failure.kind == .unavailable || failure.kind == .unreachable else { return .failed("files", failure) }
            return .bad(
                "files",
                "\(failure.operation): \(failure.message)",
                "In a VPC: the codeartifact.repositories endpoint and the S3 gateway endpoint; else the proxy."
            )
        }
        return .unknown("files", "not tried: no file was found")
    }

    /// The rates in force against the service's default quotas. An account may have others.
    private var pace: Check {
        let over = limits.filter { $0.value > $0.key.serviceQuota }
        let words = RateClass.allCases.compactMap { rate in
            limits[rate].map { "\(rate.words) \(Quantity.number($0)) of \(Quantity.number(rate.serviceQuota))" }
        }
        let text = "\(words.joined(separator: ", ")) requests a second (default quotas)"
        guard !over.isEmpty else { return .good("rates", text) }
        return .unknown(
            "rates",
            "above the default quotas; the account's own may be higher. \(text)",
            "aws service-quotas list-service-quotas --service-code codeartifact"
        )
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
}

extension Quantity {
    /// Without digits after the point where there are none.
    fileprivate static func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : tenths(value)
    }
}
