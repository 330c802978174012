import FoundationEssentials
import ReconcileCore

/// The tags of a resource.
struct Tags: Hashable, Sendable {
    private(set) var values: [String: String] = [:]

    /// Sorted by key.
    var sorted: [(key: String, value: String)] { values.sorted { $0.key < $1.key } }

    /// Adds tags, or changes the values of existing ones. Throws the service's ValidationException or, beyond 50 tags,
    /// its ServiceQuotaExceededException.
    mutating func set(_ tags: [RequestBodies.Tag]) throws(ServiceFailure) {
        guard Set(tags.map(\.key)).count == tags.count else { throw .invalid("a tag key is there twice") }
        var changed = values
        for tag in tags {
            guard (1...128).contains(tag.key.unicodeScalars.count), !tag.key.unicodeScalars.contains(where: \.isControl)
            else { throw .invalid("Value '\(tag.key)' at 'tags' failed to satisfy constraint: 1 to 128 characters") }
            guard !tag.key.hasPrefix("aws:") else { throw .invalid("the tag key \(tag.key) starts with aws:") }
            guard tag.value.unicodeScalars.count <= 256, !tag.value.unicodeScalars.contains(where: \.isControl) else {
                throw .invalid("Value '\(tag.value)' at 'tags' failed to satisfy constraint: up to 256 characters")
            }
            changed[tag.key] = tag.value
        }
        guard changed.count <= 50 else {
            throw ServiceFailure(
                code: "ServiceQuotaExceededException",
                status: 402,
                message: "a resource has at most 50 tags"
            )
        }
        values = changed
    }

    /// Removes tags; ignores keys that do not exist.
    mutating func remove(_ keys: [String]) {
        for key in keys { values[key] = nil }
    }
}

/// A permissions policy of a domain or repository.
struct PermissionsPolicy: Hashable, Sendable {
    let document: String
    let revision: String

    /// Throws the service's ValidationException if the text is not a policy.
    init(document: String, revision: String) throws(ServiceFailure) {
        guard (1...7168).contains(document.unicodeScalars.count) else {
            throw .invalid("'policyDocument' takes 1 to 7168 characters")
        }
        guard (try? JSONDecoder().decode(Form.self, from: Data(document.utf8))) != nil else {
            throw .invalid("'policyDocument' is not a JSON policy with Version and Statement")
        }
        self.document = document
        self.revision = revision
    }

    /// What every policy has; the rest is not checked.
    private struct Form: Decodable {
        struct Anything: Decodable {
            init(from decoder: any Decoder) {}
        }

        let version: String
        let statement: Anything

        enum CodingKeys: String, CodingKey {
            case version = "Version"
            case statement = "Statement"
        }
    }
}

extension Optional<PermissionsPolicy> {
    /// Throws ConflictException unless the policy has this revision; nil skips the check.
    func require(revision: String?) throws(ServiceFailure) {
        guard let revision, revision != self?.revision else { return }
        throw ServiceFailure(
            code: "ConflictException",
            status: 409,
            message: "the policy has another revision than \(revision)"
        )
    }
}
