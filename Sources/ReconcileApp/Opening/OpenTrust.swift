package import AWSServices
import FoundationEssentials
import Glibc
import Logging
package import ReconcileCore

extension TrustFlags {
    /// Returns what proves the domain's records; nil if every record counts.
    ///
    /// - Throws: `InvalidSettings` for a file that cannot be read, is not a trust file or is for another domain, and
    ///   for an anchor whose cutoff has not passed.
    package func open(of domain: String, clock: any RunClock) throws(InvalidSettings) -> RecordTrust? {
        guard let trust else { return nil }
        let bytes = try text(of: trust, for: "--trust")
        let file: TrustFile
        do {
            file = try TrustFile(bytes)
        } catch {
            throw InvalidSettings("--trust: \(trust) is not a trust file: \(error). reconcile trust prints one")
        }
        guard file.identity.domain == domain else {
            throw InvalidSettings("--trust: \(trust) is for the domain \(file.identity.domain), not for \(domain)")
        }
        let now = clock.timestamp
        if let anchor = file.anchors.first(where: { $0.cutoff > now }) {
            throw InvalidSettings(
                "--trust: \(trust) has an anchor of \(anchor.cutoff.extended), and it is \(now.extended) now: nobody can know "
                    + "what will be recorded until then. Copy cutoff and digest from a run's report, or set this machine's clock"
            )
        }
        do {
            return try RecordTrust(file, Signing.functions)
        } catch {
            throw InvalidSettings("--trust: \(trust): \(error)")
        }
    }
}

extension SigningFlags {
    /// Returns the signer of a backup's records; nil if they are not signed.
    ///
    /// - Parameter backup: the backup to sign; its store neither proves nor signs.
    /// - Throws: `InvalidSettings` if the setting is neither a KMS key's ARN nor a file with a P-256 private key, or if
    ///   the trust file does not accept the file's key at this time. Whether it accepts a KMS key is only known when
    ///   the key first signs.
    func open(
        _ access: AWSAccess,
        under trust: RecordTrust?,
        for backup: Backup,
        clock: any RunClock
    ) throws(InvalidSettings) -> RecordSigner? {
        guard let signingKey else { return nil }
        guard let trust else {
            throw InvalidSettings("--signing-key requires --trust, by which existing records are checked")
        }
        let authority: RecordSigner.Authority
        if let arn = try Self.arn(signingKey) {
            authority = try access.key(arn).sign
        } else {
            let key = try Self.key(in: signingKey) { access.logger.warning("\($0)") }
            guard trust.believes(key.point, at: clock.timestamp) else {
                throw InvalidSettings(
                    "--signing-key: \(signingKey) is not a key that the trust file has for this time, so nobody would believe "
                        + "what it signs. Nothing was copied; name the right key, or add this one to the trust file"
                )
            }
            authority = Signing.authority(key, named: signingKey)
        }
        return RecordSigner(
            trust: trust,
            Signing.functions,
            authority: authority,
            policy: access.policy,
            clock: clock,
            process: UUID().uuidString.lowercased(),
            writer: "reconcile/\(ProgramVersion.current)",
            newestCheckpoint: {
                let proving = SealedStore(backup.store, root: backup.layout.prefix, trust: trust, signer: nil)
                let proved = Backup(store: proving, layout: backup.layout, hashes: Hashing.functions, clock: clock)
                return try await Checkpoints.read(of: proved, repositories: [], at: proved.now).latest?.seen
            }
        )
    }

    /// Returns the KMS key that a text names; nil if the text is the name of a file.
    ///
    /// - Throws: `InvalidSettings` if the text names a KMS key other than by its ARN.
    package static func arn(_ text: String) throws(InvalidSettings) -> KMSKeyARN? {
        guard text.hasPrefix("arn:") || text.hasPrefix("alias/") else { return nil }
        if let arn = KMSKeyARN(text) { return arn }
        let example = "arn:aws:kms:eu-west-1:111122223333:key/ID"
        guard text.contains("alias/") else {
            throw InvalidSettings("--signing-key: \(text) is not the ARN of a KMS key, such as \(example)")
        }
        throw InvalidSettings(
            "--signing-key: \(text) is an alias, which may come to mean another key. Write the key's ARN, such as "
                + "\(example); aws kms describe-key --key-id \(text) --query KeyMetadata.Arn prints it"
        )
    }

    /// The KMS key, if the setting is a valid ARN of one.
    package var kmsKey: KMSKeyARN? { signingKey.flatMap { try? Self.arn($0) } }

    /// Returns the private key in a file.
    ///
    /// - Parameter warn: called with a warning if other users may read the file.
    /// - Throws: `InvalidSettings` that says what the file is instead, without revealing its contents.
    package static func key(
        in file: String,
        warn: (String) -> Void
    ) throws(InvalidSettings) -> SignatureFunctions.PrivateKey {
        guard !mayBeKey(file) else {
            throw InvalidSettings(
                "--signing-key: this is not the name of a file, and may be a key, so it is not repeated here. Put the key into "
                    + "a file that nobody else can read, and give the file's name"
            )
        }
        let bytes = try text(of: file, for: "--signing-key")
        if let warning = exposure(of: file) { warn(warning) }
        do {
            return try Signing.key(pem: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw InvalidSettings("--signing-key: \(file) \(error)")
        }
    }
}

extension SigningFlags {
    /// Whether the text may itself be a private key, in PEM or as bare base64, instead of the name of a file.
    private static func mayBeKey(_ text: String) -> Bool {
        if text.contains("PRIVATE KEY") || text.contains("\n") { return true }
        return unsafe text.utf8.count > 120 && access(text, F_OK) != 0
    }
}

extension SigningFlags {
    /// A warning if users other than its owner have access to the file; nil if they do not, or if it is not a regular
    /// file.
    private static func exposure(of file: String) -> String? {
        var status = stat()
        guard unsafe stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 != 0 else {
            return nil
        }
        let mode = String(status.st_mode & 0o777, radix: 8)
        return "--signing-key: others than its owner have access to \(file) (mode 0\(mode)), and whoever has the key "
            + "can sign records: chmod 600 \(file)"
    }
}

extension OpenBackup {
    /// Throws if only signed records count but the command would write unsigned ones.
    ///
    /// - Parameter reason: why the records must be signed, as part of a sentence.
    package func requireSigner(
        _ reason: String = "this command writes records, which must be signed"
    ) throws(InvalidSettings) {
        guard trust != nil, signer == nil else { return }
        throw InvalidSettings("--trust requires --signing-key here: \(reason)")
    }

    /// Throws if the trust file is for a domain other than the open one.
    package func requireIdentity(of domain: OpenDomain) throws(InvalidSettings) {
        guard let identity = trust?.file.identity else { return }
        let own = RunCertificate.Identity(
            owner: domain.identity.owner,
            region: domain.region,
            domain: domain.identity.name
        )
        guard identity == own else {
            throw InvalidSettings("--trust: the trust file is for \(identity), and this domain is \(own)")
        }
    }
}

private func text(of file: String, for option: String) throws(InvalidSettings) -> [UInt8] {
    let bytes: [UInt8]?
    do {
        bytes = try InputFile.read(file)
    } catch {
        throw InvalidSettings("\(option): \(error)")
    }
    guard let bytes else { throw InvalidSettings("\(option): \(file) does not exist") }
    guard bytes.count <= TrustFile.maximumBytes else {
        throw InvalidSettings("\(option): \(file) is larger than 1 MiB")
    }
    return bytes
}
