/// One thing that is wrong with a backup: its class, its place, and a sentence that says what to do.
package struct BackupFault: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable, Codable, JSONReadable, JSONWritable {
        /// An object that a manifest names is not there.
        case missing
        case wrongSize
        /// An object holds other bytes than a manifest names.
        case wrongBytes
        /// The store lists an object but does not return its bytes, or refuses to list what is
        /// below a key, although it answers other requests.
        case unreadableObject
        /// The bytes under a manifest's key are not a canonical manifest of this format; or a record of a repair or of accepted
        /// losses, the evidence of a drill, or the report of a run cannot be relied on.
        case unreadableManifest
        /// A manifest that belongs under another key, or a key under manifests/ that is not a
        /// manifest's.
        case misplacedManifest
        /// An object in a storage class whose bytes cannot be read until they are brought back.
        case archivedObject
        /// A record was overwritten, and no repair says so.
        case rewrittenRecord
        /// A delete marker hides a record, or is among its older versions.
        case hiddenRecord
        /// Fewer versions are recorded than an earlier run, or an acceptance of lost versions, counted.
        case lostVersions
        /// The records are not those that a checkpoint counted.
        case contradictedCheckpoint
        /// The domain shows other files than the record of the same revision names.
        case contradictedRecord
        /// What a record says of the one before it does not hold: that is gone, is not before it or has other bytes, or a
        /// record was passed over.
        case brokenHistory
        /// A checkpoint that cannot be read, or does not say what its key says.
        case unreadableCheckpoint
        /// A checkpoint that another, or a run's report, names is gone or has other bytes.
        case lostCheckpoint
        /// The newest checkpoint is older than it may be.
        case staleCheckpoint
        /// An object that no manifest names.
        case stray
        /// A maven-metadata.xml names a version or a build that no manifest records.
        case incompleteMetadata
        /// A maven-metadata.xml is absent, or does not hold what the manifests make of it.
        case wrongMetadata
        /// A checksum file is absent, or does not hold the sum of what it stands beside.
        case wrongSidecar

        /// Whether something is gone, or cannot be used where it is. The other kinds can be made again from what is there.
        var isLoss: Bool {
            switch self {
            case .missing, .wrongSize, .wrongBytes, .unreadableObject, .unreadableManifest, .misplacedManifest,
                .archivedObject, .rewrittenRecord, .hiddenRecord, .lostVersions, .contradictedCheckpoint,
                .contradictedRecord, .brokenHistory, .unreadableCheckpoint, .lostCheckpoint, .stray:
                true
            case .staleCheckpoint, .incompleteMetadata, .wrongMetadata, .wrongSidecar: false
            }
        }

        /// Whether it is about what a record says, so that other bytes under its key are another fault.
        var isOfRecord: Bool {
            switch self {
            case .unreadableManifest, .misplacedManifest, .rewrittenRecord, .contradictedRecord, .brokenHistory,
                .unreadableCheckpoint, .lostCheckpoint:
                true
            case .missing, .wrongSize, .wrongBytes, .unreadableObject, .archivedObject, .hiddenRecord, .lostVersions,
                .contradictedCheckpoint, .staleCheckpoint, .stray, .incompleteMetadata, .wrongMetadata, .wrongSidecar:
                false
            }
        }

        /// Whether it is about bytes that are there in the place of those of an asset, so that others are another fault.
        var isOfBytes: Bool { self == .wrongSize || self == .wrongBytes }
    }

    package var kind: Kind
    /// What it is about; empty for what belongs to no package.
    package var place: Place
    package var key: ObjectKey
    /// Of the bytes in question, if they are not simply the newest under the key.
    package var versionID: String?
    package var message: String
    /// Of wrong bytes: what they are. Of a contradicted checkpoint: the digest of the records as they are now.
    package var found: FoundBytes?
    /// Whether it is only worth knowing, and a fault only for a strict verification.
    package var isNote = false
    /// What a repair achieved; nil where none was tried.
    package var mending: Mending?

    package enum Mending: Hashable, Sendable {
        /// A look after the repair no longer finds the fault.
        case mended
        /// Why the fault is still there, as a part of a sentence.
        case left(String)
    }

    package init(
        _ kind: Kind,
        of place: Place = Place(),
        at key: ObjectKey,
        versionID: String? = nil,
        _ message: String
    ) {
        self.kind = kind
        self.place = place
        self.key = key
        self.versionID = versionID
        self.message = message
    }

    /// That store or domain refuse to show what is below a key, or that something else stands there.
    static func unseen(_ refusal: RemoteFailure, of place: Place, at key: ObjectKey) -> BackupFault {
        guard refusal.kind == .denied else {
            let message = "nothing more was checked here: \(refusal). Put that right, then verify again"
            return BackupFault(.unreadableObject, of: place, at: key, message)
        }
        let who = refusal.operation.kind == .store ? "store" : "domain"
        let message =
            "the \(who) denied access, so nothing more was checked here: \(refusal). Grant access, then verify again"
        return BackupFault(.unreadableObject, of: place, at: key, message)
    }

    /// Identifies a fault across two looks; the message may differ.
    struct Identity: Hashable {
        let kind: Kind
        let key: ObjectKey
        let versionID: String?
    }

    var identity: Identity { Identity(kind: kind, key: key, versionID: versionID) }
}

/// Bytes that are in the place of others, as far as they were looked at.
package struct FoundBytes: Hashable, Sendable {
    /// Nil where they were not read, and the store was not asked for it.
    package var sha256: String?
    package var size: Int64?

    /// Whether they may be the same: by their SHA-256, or, where that of either is not known, by their sizes.
    func agrees(with other: FoundBytes) -> Bool {
        if let sha256, let others = other.sha256 { return sha256 == others }
        guard let size, let others = other.size else { return true }
        return size == others
    }
}

/// A fault as one look sees it, and what may excuse it.
struct Suspicion: Hashable, Sendable {
    var fault: BackupFault
    /// When what it rests on last changed; nil where nothing can excuse it, or the store gives no times.
    var changed: Timestamp?
}
