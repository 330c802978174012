package import Cryptography
package import ReconcileCore

/// A role that the caller names, assumed with the credentials of another source.
///
/// Every call assumes the role again and caches nothing; `CachedCredentials` does. Throws the source's failures. If the
/// role cannot be assumed, throws a `credentials` failure that names it, or an `unavailable` one if that may pass.
package struct RoleCredentials: CredentialSource {
    /// The assuming identity needs this right.
    package static let operation = ServiceOperation(
        .work,
        service: "credentials",
        name: "AssumeRole",
        rights: [IAMRight("sts:AssumeRole", on: .role)]
    )

    private let role: String
    private let externalID: String?
    private let source: any CredentialSource
    private let settings: AWSSettings
    private let access: CredentialAccess

    /// - Parameters:
    ///   - role: the role's ARN.
    ///   - externalID: the external ID that its trust policy requires; nil for none.
    ///   - settings: locate the Security Token Service.
    package init(
        role: String,
        externalID: String?,
        by source: any CredentialSource,
        settings: AWSSettings,
        access: CredentialAccess
    ) {
        self.role = role
        self.externalID = externalID
        self.source = source
        self.settings = settings
        self.access = access
    }

    package func credentials() async throws -> AWSCredentials {
        let caller = try await source.credentials()
        do {
            var parameters: [NamedValue] = [("RoleArn", role), ("RoleSessionName", RoleSession.name(access.clock))]
            if let externalID { parameters.append(("ExternalId", externalID)) }
            var credentials = try await STSClient(settings: settings, access: access).assumeRole(parameters, as: caller)
            credentials.place = "the backup's role (by \(caller.place))"
            credentials.isRenewable = caller.isRenewable || (caller.expiration == nil && caller.sessionToken == nil)
            return credentials
        } catch let fault as CredentialFault {
            throw RemoteFailure(
                fault.isTransient ? .unavailable : .credentials,
                operation: Self.operation,
                target: role,
                message: "The backup's role cannot be assumed. \(fault.reason)",
                denial: fault.denial
            )
        }
    }

    /// Does nothing, since every call assumes the role again.
    package func refuse(_ used: AWSCredentials) {}
}
