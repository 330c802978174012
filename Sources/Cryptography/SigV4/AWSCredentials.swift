package import FoundationEssentials

/// The keys that requests to AWS are signed with, long-lived or temporary.
///
/// Everything that prints a value of this type shows the access key id and the expiry, and neither the secret nor
/// the session token.
package struct AWSCredentials: Sendable, Hashable {
    package let accessKeyID: String
    package let secretAccessKey: String
    /// Present with temporary credentials only.
    package let sessionToken: String?
    /// When the service stops taking them; nil for long-lived keys, and for keys whose expiry nobody knows.
    package var expiration: Date?
    /// Where they were found, in words for an operator, such as "profile dev, SSO"; empty where they were not looked for.
    package var place: String
    /// Whether the place gives newer ones when these expire, without a person: false for keys that somebody set, and for
    /// a login that nothing renews.
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

    /// `dump` and the test library print the mirror's children: there are none.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
