/// A kind of request: its name in reports, its destination, and what it takes to send it.
///
/// Each adapter has a table of the operations that it sends. Code decides by the members; the text is for people.
package struct ServiceOperation: Hashable, Sendable {
    /// The destination of a request.
    package enum Kind: Hashable, Sendable {
        /// The domain, by its API or its Maven endpoints.
        case domain
        /// The store of the backup.
        case store
        /// None: the program's own processing of answers.
        case work
    }

    package let kind: Kind
    /// The API, as in the report: `codeartifact`, `s3`. Empty for the program's own work.
    package let service: String
    package let name: String
    /// Whether it changes anything at its destination.
    package let isWrite: Bool
    /// The quotas that a request counts against; empty if it is not paced.
    package let rates: [RateClass]
    /// The list price of one request in US dollars.
    package let dollars: Double
    /// The permissions that the sender needs; empty if no policy applies.
    package let rights: [IAMRight]
    /// Whether one request concerns a whole repository, so that its refusal applies to everything in it.
    package let isOfRepository: Bool
    /// Whether one request concerns one file, the last part of its target, of a version that may have others.
    package let isOfFile: Bool
    /// Whether the work can continue without its answer, so that its refusal never ends the work.
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

    /// What the sender must be granted. Several operations of the domain may share a grant. Each operation of a store
    /// has a separate one, because a key's policy may refuse one of two operations that need the same permission.
    package struct Grant: Hashable, Sendable {
        let service: String
        let rights: [IAMRight]
        /// Nil if the rights identify the grant.
        let name: String?
        let isOptional: Bool
    }

    package var grant: Grant {
        let isShared = kind == .domain && !rights.isEmpty
        return Grant(service: service, rights: rights, name: isShared ? nil : name, isOptional: isOptional)
    }

    /// The IAM actions of its rights.
    package var actions: [String] { rights.map(\.action) }

    /// The program's own work, for failures that no single request caused.
    package static func work(_ name: String) -> ServiceOperation {
        ServiceOperation(.work, service: "", name: name)
    }

    // Service and name nearly identify an operation. Hashing only these is fast, and every request is counted under its
    // operation.
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
