/// How to transfer a recorded configuration to another domain, account or region, or to renamed repositories.
package struct ConfigurationMapping: Hashable, Sendable {
    /// A string in a policy that is replaced.
    package struct Rewrite: Hashable, Sendable {
        /// What the policy belongs to.
        package let place: String
        package let from: String
        package let to: String

        package init(place: String, from: String, to: String) {
            (self.place, self.from, self.to) = (place, from, to)
        }
    }

    package struct Mapped: Hashable, Sendable {
        package let configuration: DomainConfiguration
        package let rewrites: [Rewrite]
        /// ARNs in policies that still refer to the recorded domain although a different one is being configured.
        package let foreign: [Rewrite]
    }

    /// Old accounts to new ones. ARNs in policies change only if their account is one of these.
    package var accounts: [String: String]
    /// Old names of repositories to new ones.
    package var repositories: [String: String]
    private let target: DomainIdentity
    private let region: String

    /// - Parameters:
    ///   - target: the domain to configure.
    ///   - region: its region.
    package init(
        to target: DomainIdentity,
        in region: String,
        accounts: [String: String] = [:],
        repositories: [String: String] = [:]
    ) {
        (self.target, self.region) = (target, region)
        (self.accounts, self.repositories) = (accounts, repositories)
    }

    /// Renames repositories everywhere, and accounts, the domain and its region in policies. The rest of a policy is
    /// unchanged, byte for byte.
    ///
    /// - Throws: `invalid` if a renamed repository is not recorded, or if two would have the same name.
    package func mapped(_ recorded: DomainConfiguration) throws(RemoteFailure) -> Mapped {
        let names = Set(recorded.repositories.map { ExactText($0.name) })
        for name in repositories.keys.sorted() where !names.contains(ExactText(name)) {
            throw refusal("the record has no repository \(name) to give another name")
        }
        var seen: Set<ExactText> = []
        for repository in recorded.repositories where !seen.insert(ExactText(name(repository.name))).inserted {
            throw refusal("two recorded repositories would be named \(name(repository.name))")
        }
        var texts = Texts(recorded: recorded.identity, mapping: self)
        let configuration = DomainConfiguration(
            identity: target,
            encryptionKey: recorded.encryptionKey,
            policy: texts.policy(recorded.policy, of: "the domain"),
            tags: settable(recorded.tags),
            repositories: recorded.repositories.map { repository in
                DomainConfiguration.Repository(
                    name: name(repository.name),
                    properties: repository.properties.mapped { properties in
                        DomainConfiguration.Repository.Properties(
                            description: properties.description,
                            upstreams: properties.upstreams.map(name),
                            externalConnections: properties.externalConnections
                        )
                    },
                    policy: texts.policy(repository.policy, of: "repository \(name(repository.name))"),
                    tags: settable(repository.tags)
                )
            },
            packageGroups: recorded.packageGroups.mapped { $0.map(group) }
        )
        return Mapped(configuration: configuration, rewrites: texts.rewrites, foreign: texts.foreign)
    }

    private func refusal(_ message: String) -> RemoteFailure {
        RemoteFailure(.invalid, operation: .restore, target: target.name, message: message)
    }

    private func name(_ repository: String) -> String { repositories[repository] ?? repository }

    /// Without tags that only AWS may set, such as those of a CloudFormation stack.
    private func settable(_ tags: DomainConfiguration.Part<[ResourceTag]>) -> DomainConfiguration.Part<[ResourceTag]> {
        tags.mapped { $0.filter { !$0.key.hasPrefix(ResourceTag.reserved) } }
    }

    private func group(_ group: DomainConfiguration.PackageGroup) -> DomainConfiguration.PackageGroup {
        DomainConfiguration.PackageGroup(
            pattern: group.pattern,
            contactInfo: group.contactInfo,
            description: group.description,
            restrictions: group.restrictions.map { restriction in
                DomainConfiguration.PackageGroup.Restriction(
                    type: restriction.type,
                    mode: restriction.mode,
                    repositories: restriction.repositories.mapped { $0.map(name) }
                )
            },
            tags: settable(group.tags)
        )
    }

    /// A policy's string as it should be in the target; unchanged if nothing in it is mapped.
    ///
    /// - Parameter accounts: the account mapping to use.
    private func rewritten(_ text: String, of recorded: DomainIdentity, _ accounts: [String: String]) -> String {
        if let account = accounts[text] { return account }
        var parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn", let account = accounts[parts[4]] else { return text }
        if parts[2] == "codeartifact", parts[4] == recorded.owner {
            if !parts[3].isEmpty, parts[3] != "*" { parts[3] = region }
            var path = parts[5].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            if path.count > 1, path[1] == recorded.name { path[1] = target.name }
            if path.count > 2, path[0] == "repository" || path[0] == "package" { path[2] = name(path[2]) }
            parts[5] = path.joined(separator: "/")
        }
        parts[4] = account
        return parts.joined(separator: ":")
    }

    /// Rewrites the strings of all policies and collects what changed.
    private struct Texts {
        let recorded: DomainIdentity
        let mapping: ConfigurationMapping
        private(set) var rewrites: [Rewrite] = []
        private(set) var foreign: [Rewrite] = []

        init(recorded: DomainIdentity, mapping: ConfigurationMapping) {
            (self.recorded, self.mapping) = (recorded, mapping)
        }

        mutating func policy(
            _ policy: DomainConfiguration.Part<String?>,
            of place: String
        ) -> DomainConfiguration.Part<String?> {
            guard case .known(let document?) = policy else { return policy }
            let home = [recorded.owner: mapping.target.owner]
            var (rewrites, foreign): ([Rewrite], [Rewrite]) = ([], [])
            let changed = PolicyTexts.rewriting(document) { text in
                let new = mapping.rewritten(text, of: recorded, mapping.accounts)
                if new != text { rewrites.append(Rewrite(place: place, from: text, to: new)) }
                let own = mapping.rewritten(text, of: recorded, home)
                if new == text, own != text { foreign.append(Rewrite(place: place, from: text, to: own)) }
                return new
            }
            for rewrite in rewrites where !self.rewrites.contains(rewrite) { self.rewrites.append(rewrite) }
            for rewrite in foreign where !self.foreign.contains(rewrite) { self.foreign.append(rewrite) }
            return .known(changed)
        }
    }
}

/// Replaces strings in a JSON document without reformatting it.
enum PolicyTexts {
    /// The document with its strings changed. A string that contains escapes other than `\/` is left unchanged.
    static func rewriting(_ document: String, _ change: (String) -> String) -> String {
        let (quote, backslash, slash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"))
        let bytes = Array(document.utf8)
        var (result, position): ([UInt8], Int) = ([], 0)
        while position < bytes.count {
            guard bytes[position] == quote else {
                result.append(bytes[position])
                position += 1
                continue
            }
            var (end, text, isPlain) = (position + 1, [UInt8](), true)
            while end < bytes.count, bytes[end] != quote {
                if bytes[end] == backslash {
                    end += 1
                    isPlain = isPlain && end < bytes.count && bytes[end] == slash
                }
                if end < bytes.count { text.append(bytes[end]) }
                end += 1
            }
            let whole = bytes[position..<min(end + 1, bytes.count)]
            position = end + 1
            let old = String(decoding: text, as: UTF8.self)
            let new = isPlain && whole.count > 1 && whole.last == quote ? change(old) : old
            result += new == old ? Array(whole) : [quote] + Array(new.utf8) + [quote]
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension DomainConfiguration.Part {
    func mapped<Other>(_ change: (Value) -> Other) -> DomainConfiguration.Part<Other> {
        guard case .known(let value) = self else { return .unknown }
        return .known(change(value))
    }
}
