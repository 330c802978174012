/// Who signed an object that passed.
package struct RecordSignature: Hashable, Sendable, Codable {
    /// The key that certified the writer's, in base64 as the trust file has it.
    package let publicKey: String
    /// The process that signed.
    package let process: String
    /// The program and its version: `reconcile/0.2.0`.
    package let writer: String
}
