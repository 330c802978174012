/// Which difference between two configurations a call is about.
extension ConfigurationCall {
    /// Whether it is about a part of its place, as `ConfigurationChange` calls it.
    func changes(_ part: String) -> Bool {
        switch self {
        case .createDomain, .createGroup, .createRepository: true
        case .updateGroup(_, let contact, let description):
            part == "contact" && contact != nil || part == "description" && description != nil
        case .updateRepository(_, let description, let upstreams):
            part == "description" && description != nil || part == "upstreams" && upstreams != nil
        case .connect, .disconnect: part == "external connections"
        case .restrict(_, let modes, let adding, let removing):
            (Array(modes.keys) + (adding + removing).map(\.restriction)).contains {
                part == ConfigurationChange.restriction + $0
            }
        case .tag, .untag: part == "tags"
        case .putRepositoryPolicy, .deleteRepositoryPolicy, .putDomainPolicy, .deleteDomainPolicy:
            part == ConfigurationChange.policy
        }
    }
}
