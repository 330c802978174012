/// One kind of request: what reports call it, what it is sent to, and what it takes to send it.
///
/// Each adapter has a table of those that it sends. Decisions read the members; the text is for people.
package struct ServiceOperation: Hashable, Sendable {
    /// What a request is sent to.
    package enum Kind: Hashable, Sendable {
        /// The domain, by its API or its Maven endpoints.
        case domain
        /// The store of the backup.
        case store
        /// Nothing: the program's own work on what it was answered.
        case work
    }

    package let kind: Kind
    /// The API, as in the report: `codeartifact`, `s3`. Empty for the program's own work.
    package let service: String
    package let name: String
    /// Whether it changes what is there.
    package let isWrite: Bool
    /// The budgets that a request draws on; empty where it is not paced.
    package let rates: [RateClass]
    /// The list price of one request, US dollars.
    package let dollars: Double
    /// What a policy must grant to whoever sends it; empty where no policy is asked.
    package let rights: [IAMRight]
    /// Whether one request is about a whole repository, so that its refusal stands for everything in it.
    package let isOfRepository: Bool
    /// Whether one request is about one file, named by the last part of its target, of a version that may have others.
    package let isOfFile: Bool
    /// Whether the work goes on without its answer, so that its refusal never ends it.
    package let isOptional: Bool

    package init(
        _ kind: Kind,
        service: String,
        name: String,
        isWrite: Bool = false,
        rates: [RateClass] = [],
        dollars: Double = 0,
        rights: [IAMRight] = [],
        isOfRepository: Bool = false,
        isOfFile: Bool = false,
        isOptional: Bool = false
    ) {
        self.kind = kind
        self.service = service
        self.name = name
        self.isWrite = isWrite
        self.rates = rates
        self.dollars = dollars
        self.rights = rights
        self.isOfRepository = isOfRepository
        self.isOfFile = isOfFile
        self.isOptional = isOptional
    }

    /// What must be granted to whoever sends it: several operations of the domain may need the same. Each operation of a
    /// store stands for itself: there, a key's policy may refuse one of two that need the same right.
    package struct Grant: Hashable, Sendable {
        let service: String
        let rights: [IAMRight]
        /// Nil where the rights stand for it.
        let name: String?
        let isOptional: Bool
    }

    package var grant: Grant {
        let isShared = kind == .domain && !rights.isEmpty
        return Grant(service: service, rights: rights, name: isShared ? nil : name, isOptional: isOptional)
    }

    /// The IAM actions of its rights.
    package var actions: [String] { rights.map(\.action) }

    /// The program's own work, as what a failure happened in that no single request is to blame for.
    package static func work(_ name: String) -> ServiceOperation {
        ServiceOperation(.work, service: "", name: name)
    }

    // Name first, which differs for nearly all of them: each request is counted under its operation.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(service)
        hasher.combine(name)
    }
}

extension ServiceOperation: CustomStringConvertible {
    /// As in reports, metrics and failures: `codeartifact.ListPackages`, `maven.GetAsset`, `s3.PutObject`, `restore`.
    package var description: String { service.isEmpty ? name : "\(service).\(name)" }
}

extension ServiceOperation {
    package static let backup = work("backup")
    package static let copy = work("copy")
    package static let drift = work("drift")
    package static let drill = work("drill")
    package static let list = work("list")
    package static let manifest = work("manifest")
    package static let mend = work("mend")
    package static let report = work("report")
    package static let restore = work("restore")
    package static let run = work("run")
    package static let serve = work("serve")
    package static let sign = work("sign")
    package static let trust = work("trust")
    package static let verify = work("verify")
}
