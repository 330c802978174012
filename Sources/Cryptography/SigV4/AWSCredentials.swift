package import FoundationEssentials

/// The keys that sign requests to AWS, long-lived or temporary.
///
/// Printing a value of this type shows the access key ID and the expiry, but neither the secret nor the session token.
package struct AWSCredentials: Sendable, Hashable {
    package let accessKeyID: String
    package let secretAccessKey: String
    /// Only temporary credentials have one.
    package let sessionToken: String?
    /// When the keys expire; nil for long-lived keys, and if the expiry is unknown.
    package var expiration: Date?
    /// Where the keys were found, in words for an operator, such as "profile dev, SSO"; empty if no lookup found them.
    package var place: String
    /// Whether the same place supplies new keys when these expire, without a person: false for keys that somebody set,
    /// and for a login that is not renewed automatically.
    package var isRenewable: Bool

    package init(
        accessKeyID: String,
        secretAccessKey: String,
        sessionToken: String? = nil,
        expiration: Date? = nil,
        place: String = "",
        isRenewable: Bool = false
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
        self.place = place
        self.isRenewable = isRenewable
    }
}

extension AWSCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        let expiry =
            expiration.map { "expire \($0.formatted(.iso8601))" }
            ?? (sessionToken == nil ? "do not expire" : "nothing says when they expire")
        return "credentials \(accessKeyID), \(sessionToken == nil ? "long-lived" : "temporary"), \(expiry)"
    }

    package var debugDescription: String { description }

    /// `dump` and the test library print the mirror's children, so it has none.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
