import AWSServices
import ReconcileApp
import ReconcileCore

/// Tries the KMS key that signs records, by signing a text that certifies nothing.
struct SigningTrial {
    let key: SigningFlags
    /// Decides which records count; nil if all do.
    let trust: RecordTrust?

    private static let name = "signing key"
    /// No certificate begins with this text.
    private static let probe = Array("reconcile doctor v1\n".utf8)

    /// Returns no checks for a key in a file, which is checked when the backup is opened.
    ///
    /// - Throws: `CancellationError`.
    func run(_ access: AWSAccess, _ trials: inout Trials) async throws -> [Check] {
        guard let arn = key.kmsKey else { return [] }
        let key: KMSKey
        do {
            key = try access.key(arn)
        } catch {
            return [.bad(Self.name, "\(error)")]
        }
        let signature = try await trials.attempt([KMSOperations.sign]) {
            try await access.policy.run { try await key.sign(Self.probe) }
        }
        guard let signature else { return try await [unusable(key, access, &trials)] }
        guard let trust else { return [.good(Self.name, "\(arn) signs")] }
        let isTrusted = trust.file.keys.contains { known in
            Signing.functions.check(known.point)?(Self.probe, signature) ?? false
        }
        return [
            isTrusted
                ? .good(Self.name, "\(arn) signs, and the trust file has it")
                : .bad(
                    Self.name,
                    "\(arn) signs, but the trust file does not have it, so nobody would believe its signatures. Compare the "
                        + "file with:",
                    "reconcile trust --signing-key \(arn)"
                )
        ]
    }

    /// Returns what is wrong with a key that does not sign, as far as its public key shows it.
    private func unusable(_ key: KMSKey, _ access: AWSAccess, _ trials: inout Trials) async throws -> Check {
        let failure = trials.failure(of: KMSOperations.sign)
        let found = try await trials.attempt([KMSOperations.getPublicKey]) {
            try await access.policy.run { try await key.publicKey() }
        }
        if let refusal = found?.refusal { return .bad(Self.name, "\(key.arn) \(refusal)") }
        let finding = "\(key.arn) did not sign\(failure.map { ": \($0.message)" } ?? "")"
        let isRefused = failure.map { [.denied, .forbidden, .credentials].contains($0.kind) } ?? false
        return isRefused ? .bad(Self.name, finding, access: true) : .unknown(Self.name, finding)
    }
}
