package import ReconcileCore

/// The operations of AWS Key Management Service that are sent (API version 2014-11-01).
///
/// They draw on no rate: a process asks for a signature every six hours, and the service gives hundreds a second.
package enum KMSOperations {
    package static let sign = ServiceOperation(
        .work,
        service: "kms",
        name: "Sign",
        dollars: AWSPrices.kmsAsymmetric,
        rights: [IAMRight("kms:Sign", on: .signingKey)]
    )
    /// Only people ask for it, and doctor.
    package static let getPublicKey = ServiceOperation(
        .work,
        service: "kms",
        name: "GetPublicKey",
        dollars: AWSPrices.kmsAsymmetric,
        rights: [IAMRight("kms:GetPublicKey", on: .signingKey)],
        isOptional: true
    )

    package static let all = [sign, getPublicKey]
}
