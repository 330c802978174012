/// Matches calls with the differences that they resolve.
extension ConfigurationCall {
    /// Whether the call changes a part of its place, as `ConfigurationChange` names the part.
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
