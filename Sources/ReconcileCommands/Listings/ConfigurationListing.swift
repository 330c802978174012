import ReconcileApp
package import ReconcileCore

/// The output of `reconcile show --configuration`: a domain's configuration as it was recorded.
package struct ConfigurationListing: Listing {
    private let found: ConfigurationRecords.Found
    private let place: ListingPlace

    package init(_ found: ConfigurationRecords.Found, of place: ListingPlace) {
        (self.found, self.place) = (found, place)
    }

    // MARK: For a person

    package func lines(width: Int) -> [String] {
        let configuration = found.configuration
        var lines = [
            "domain \(configuration.identity.name) of account \(configuration.identity.owner)",
            "  recorded            \(found.recordedAt.extended)  \(found.key)",
            "  encryption key      \(Self.text(configuration.encryptionKey) { $0 })",
            "  permissions policy  \(Self.text(configuration.policy) { $0 })",
            "  tags                \(Self.text(configuration.tags, Self.text))",
        ]
        for repository in configuration.repositories {
            let properties = repository.properties
            lines += [
                "", "repository \(repository.name)",
                "  description         \(Self.text(properties) { $0.description })",
                "  upstreams           \(Self.text(properties) { Self.text($0.upstreams) })",
                "  connections         \(Self.text(properties) { Self.text($0.externalConnections) })",
                "  permissions policy  \(Self.text(repository.policy) { $0 })",
                "  tags                \(Self.text(repository.tags, Self.text))",
            ]
        }
        guard case .known(let groups) = configuration.packageGroups else {
            return lines + ["", "package groups unknown"]
        }
        for group in groups {
            lines += [
                "", "package group \(group.pattern)",
                "  contact             \(group.contactInfo ?? "none")",
                "  description         \(group.description ?? "none")",
            ]
            for restriction in group.restrictions {
                let name = restriction.type.padding(to: 18)
                let names = Self.text(restriction.repositories, Self.text)
                let isByRepository = restriction.mode == DomainConfiguration.PackageGroup.Restriction.byRepository
                lines.append("  \(name)  \(restriction.mode)" + (isByRepository ? ": \(names)" : ""))
            }
            lines.append("  tags                \(Self.text(group.tags, Self.text))")
        }
        return lines
    }

    private static func text<Value>(
        _ part: DomainConfiguration.Part<Value>,
        _ text: (Value) -> String?
    ) -> String {
        guard case .known(let value) = part else { return "unknown" }
        return text(value) ?? "none"
    }

    private static func text(_ names: [String]) -> String? { names.isEmpty ? nil : names.joined(separator: ", ") }

    private static func text(_ tags: [ResourceTag]) -> String? { text(tags.map { "\($0.key)=\($0.value)" }) }

    // MARK: For a program

    package struct Document: Encodable {
        let format = 1
        let domain: String
        let backup: String
        let key: String
        let recordedAt: String
        /// The configuration as it is stored.
        let configuration: JSONTree
    }

    package var document: Document {
        Document(
            domain: place.domain,
            backup: place.backup,
            key: found.key.value,
            recordedAt: found.recordedAt.extended,
            configuration: (try? JSONTree(parsing: found.configuration.canonicalBytes())) ?? .null
        )
    }
}

/// The output of `reconcile history --configuration`: every record of a domain's configuration, and what changed.
package struct ConfigurationHistoryListing: Listing {
    private let entries: [BackupReview.ConfigurationEntry]
    private let place: ListingPlace

    /// - Parameter entries: sorted by time.
    package init(_ entries: [BackupReview.ConfigurationEntry], of place: ListingPlace) {
        (self.entries, self.place) = (entries, place)
    }

    // MARK: For a person

    package func lines(width: Int) -> [String] {
        entries.flatMap { entry -> [String] in
            var lines = ["\(entry.recordedAt.extended)  \(entry.key)"]
            if let failure = entry.failure {
                lines.append("    it cannot be read: \(failure)")
            } else if entry.isFirst {
                lines.append("    first recorded")
            } else if entry.changes.isEmpty {
                lines.append("    nothing changed; parts that could not be read before are known now")
            }
            return lines + entry.changes.map { "    \($0.sentence)" }
        }
    }

    // MARK: For a program

    package struct Document: Encodable {
        let format = 1
        let domain: String
        let backup: String
        let records: [Row]
    }

    package struct Row: Encodable {
        let key: String
        let recordedAt: String
        let changes: [ConfigurationChange]
        /// Why the record cannot be read; null if it can.
        let failure: OrNull<String>
    }

    package var document: Document {
        Document(
            domain: place.domain,
            backup: place.backup,
            records: entries.map { entry in
                Row(
                    key: entry.key.value,
                    recordedAt: entry.recordedAt.extended,
                    changes: entry.changes,
                    failure: OrNull(entry.failure?.description)
                )
            }
        )
    }
}

extension String {
    /// Pads the text with spaces to a length.
    fileprivate func padding(to length: Int) -> String {
        self + String(repeating: " ", count: max(0, length - count))
    }
}
