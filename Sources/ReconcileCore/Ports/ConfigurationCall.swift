/// One call that brings a domain's configuration closer to its record.
package enum ConfigurationCall: Hashable, Sendable {
    case createDomain(encryptionKey: String?, tags: [ResourceTag])
    case createGroup(pattern: String, contactInfo: String?, description: String?, tags: [ResourceTag])
    /// A member that is nil stays unchanged.
    case updateGroup(pattern: String, contactInfo: String?, description: String?)
    case createRepository(name: String, description: String?, upstreams: [String], tags: [ResourceTag])
    /// A member that is nil stays unchanged; upstreams are replaced as a whole.
    case updateRepository(name: String, description: String?, upstreams: [String]?)
    case disconnect(repository: String, from: String)
    case connect(repository: String, to: String)
    /// Sets the mode of each restriction type in `modes`, and changes the allowed repositories of types in
    /// ALLOW_SPECIFIC_REPOSITORIES mode.
    case restrict(group: String, modes: [String: String], adding: [AllowedRepository], removing: [AllowedRepository])
    /// Adds tags or changes the values of existing ones.
    case tag(TaggedResource, place: String, tags: [ResourceTag])
    case untag(TaggedResource, place: String, keys: [String])
    case putRepositoryPolicy(repository: String, document: String)
    case deleteRepositoryPolicy(repository: String)
    case putDomainPolicy(document: String)
    case deleteDomainPolicy

    /// A repository that a package group allows for one kind of restriction.
    package struct AllowedRepository: Hashable, Sendable {
        package let repository: String
        /// The restriction type, such as `PUBLISH`.
        package let restriction: String

        package init(_ repository: String, for restriction: String) {
            (self.repository, self.restriction) = (repository, restriction)
        }
    }

    /// The API's name for the call.
    package var name: String {
        switch self {
        case .createDomain: "CreateDomain"
        case .createGroup: "CreatePackageGroup"
        case .updateGroup: "UpdatePackageGroup"
        case .createRepository: "CreateRepository"
        case .updateRepository: "UpdateRepository"
        case .disconnect: "DisassociateExternalConnection"
        case .connect: "AssociateExternalConnection"
        case .restrict: "UpdatePackageGroupOriginConfiguration"
        case .tag: "TagResource"
        case .untag: "UntagResource"
        case .putRepositoryPolicy: "PutRepositoryPermissionsPolicy"
        case .deleteRepositoryPolicy: "DeleteRepositoryPermissionsPolicy"
        case .putDomainPolicy: "PutDomainPermissionsPolicy"
        case .deleteDomainPolicy: "DeleteDomainPermissionsPolicy"
        }
    }

    /// What the call changes, in `ConfigurationChange`'s words.
    package var place: String {
        switch self {
        case .createDomain, .putDomainPolicy, .deleteDomainPolicy: "the domain"
        case .createGroup(let pattern, _, _, _), .updateGroup(let pattern, _, _), .restrict(let pattern, _, _, _):
            "package group \(pattern)"
        case .createRepository(let name, _, _, _), .updateRepository(let name, _, _), .disconnect(let name, _),
            .connect(let name, _), .putRepositoryPolicy(let name, _), .deleteRepositoryPolicy(let name):
            "repository \(name)"
        case .tag(_, let place, _), .untag(_, let place, _): place
        }
    }

    /// What the call sets, in a few words; empty if the name says it all.
    package var details: String {
        let parts: [String?] =
            switch self {
            case .createDomain(let key, let tags): [key.map { "encryption key \($0)" }, Self.text(tags)]
            case .createGroup(_, let contact, let description, let tags):
                [contact.map { "contact \($0)" }, description.map { "description \($0)" }, Self.text(tags)]
            case .updateGroup(_, let contact, let description):
                [contact.map { "contact \($0)" }, description.map { "description \($0)" }]
            case .createRepository(_, let description, let upstreams, let tags):
                [
                    description.map { "description \($0)" },
                    upstreams.isEmpty ? nil : "upstreams \(upstreams.joined(separator: ", "))", Self.text(tags),
                ]
            case .updateRepository(_, let description, let upstreams):
                [
                    description.map { "description \($0)" },
                    upstreams.map { $0.isEmpty ? "no upstreams" : "upstreams \($0.joined(separator: ", "))" },
                ]
            case .disconnect(_, let connection), .connect(_, let connection): [connection]
            case .restrict(_, let modes, let adding, let removing): Self.text(modes, adding, removing)
            case .tag(_, _, let tags): [Self.text(tags)]
            case .untag(_, _, let keys): [keys.joined(separator: ", ")]
            case .putRepositoryPolicy(_, let document), .putDomainPolicy(let document): [document]
            case .deleteRepositoryPolicy, .deleteDomainPolicy: []
            }
        return parts.compactMap(\.self).joined(separator: "; ")
    }

    private static func text(
        _ modes: [String: String],
        _ adding: [AllowedRepository],
        _ removing: [AllowedRepository]
    ) -> [String?] {
        var parts: [String] = []
        for (type, mode) in modes.sorted(by: { $0.key < $1.key }) { parts.append("\(type) \(mode)") }
        for row in adding { parts.append("\(row.restriction) also \(row.repository)") }
        for row in removing { parts.append("\(row.restriction) no longer \(row.repository)") }
        return parts
    }

    private static func text(_ tags: [ResourceTag]) -> String? {
        tags.isEmpty ? nil : "tags \(tags.map { "\($0.key)=\($0.value)" }.joined(separator: ", "))"
    }
}
