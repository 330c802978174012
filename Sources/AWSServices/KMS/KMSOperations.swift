package import ReconcileCore

/// The operations of AWS Key Management Service that are called (API version 2014-11-01).
///
/// No rate limits them here: a process asks for a signature every six hours, and the service allows hundreds a second.
package enum KMSOperations {
    package static let sign = ServiceOperation(
        .work,
        service: "kms",
        name: "Sign",
        dollars: AWSPrices.kmsAsymmetric,
        rights: [IAMRight("kms:Sign", on: .signingKey)]
    )
    /// Optional: only people and doctor ask for it.
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
