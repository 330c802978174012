/// Which records deny one before them that their signer knew.
///
/// Whoever certifies a key names the newest checkpoint, with which its listing agreed: what that covers was listed. Of a run
/// that renews its certificate, the listing is older than the checkpoint, as `CertificateHistory` allows for.
extension Backup {
    /// A fault for each: two GETs for each record that says that none was before it, where one was. None without a trust
    /// file, since nothing shows then when a writer looked.
    ///
    /// - Throws: what keeps the store from answering.
    func faults(ofSecondFirstsIn chain: RecordChain) async throws -> [BackupFault] {
        guard trust != nil else { return [] }
        var faults: [BackupFault] = []
        for second in chain.secondFirsts {
            guard let cutoff = try await certificate(of: second.key)?.checkpoint?.cutoff,
                cutoff.seconds - second.firstRecordedAt.seconds > CertificateHistory.tolerance,
                // What a statement vouches for did not count before.
                try await certificate(of: second.first) != nil
            else { continue }
            faults.append(chain.fault(of: second))
        }
        return faults
    }

    /// Under which a record is signed; nil where it is not, or does not pass.
    private func certificate(of key: ObjectKey) async throws -> RunCertificate? {
        do {
            return try await store.sealed?.certificate(of: key, limit: Manifest.maximumBytes)
        } catch let failure as RemoteFailure where failure.isOfOneObject {
            return nil
        }
    }
}
