/// An index entry for one record.
extension ManifestIndex {
    /// 20 bytes in 4-byte words; 8-byte words would need padding.
    struct Row {
        private var nameLow: UInt32
        /// The upper 24 bits of the name, then the upper 8 of the state.
        private var nameAndState: UInt32
        private var stateLow: UInt32
        private var packedLow: UInt32
        private var packedHigh: UInt32

        init(
            name: UInt64,
            state: UInt64,
            time: Timestamp,
            repository: Int,
            status: VersionStatus,
            isSnapshot: Bool = false
        ) {
            nameLow = UInt32(truncatingIfNeeded: name)
            nameAndState = UInt32(truncatingIfNeeded: name >> 32) << 8
            stateLow = 0
            packedLow = 0
            packedHigh = 0
            self.state = state
            packed = UInt64(min(max(time.seconds, 0), 1 << 38 - 1)) << 26 | UInt64(repository) << 8
            isDeleted = status == .deleted
            isWithdrawn = status == .archived || status == .disposed
            wasReleased = status.isDownloadable
            isOnlyWithdrawn = isWithdrawn
            if isSnapshot { packed |= 16 }
            if status == .disposed { packed |= 128 }
        }

        /// The name's lower 56 bits; the rest selects the bucket.
        var name: UInt64 { UInt64(nameAndState >> 8) << 32 | UInt64(nameLow) }
        /// 40 bits of the state's fingerprint. One change in 10^12 goes unnoticed, but not in the next run, which has a
        /// different seed. Zero if two different states were recorded in the same second, since neither is known to be
        /// the newer one.
        var state: UInt64 {
            get { UInt64(nameAndState & 0xff) << 32 | UInt64(stateLow) }
            set {
                nameAndState = nameAndState & ~0xff | UInt32(truncatingIfNeeded: newValue >> 32) & 0xff
                stateLow = UInt32(truncatingIfNeeded: newValue)
            }
        }
        /// From the top: 38 bits for seconds since 1970 (enough for the year 9999), 18 bits for the repository's
        /// number, 8 flags.
        private var packed: UInt64 {
            get { UInt64(packedHigh) << 32 | UInt64(packedLow) }
            set {
                packedHigh = UInt32(truncatingIfNeeded: newValue >> 32)
                packedLow = UInt32(truncatingIfNeeded: newValue)
            }
        }

        func isOf(_ print: StateFingerprint) -> Bool { state == print.state & (1 << 40 - 1) }

        var time: Timestamp { Timestamp(seconds: Int64(packed >> 26)) }
        var repository: Int { Int(packed >> 8 & (1 << 18 - 1)) }
        /// Whether this is a snapshot or, by its form, a build of one.
        var isSnapshot: Bool { packed & 16 != 0 }
        /// Recorded as Deleted.
        var isDeleted: Bool {
            get { packed & 1 != 0 }
            set { packed = packed & ~1 | (newValue ? 1 : 0) }
        }
        /// Recorded as Disposed: its files are gone from the source for good.
        var isDisposed: Bool { packed & 128 != 0 }
        /// Listed by the source.
        var isSeen: Bool {
            get { packed & 2 != 0 }
            set { packed = packed & ~2 | (newValue ? 2 : 0) }
        }
        /// Recorded as Archived or Disposed: the source may leave it out of its listing.
        var isWithdrawn: Bool {
            get { packed & 4 != 0 }
            set { packed = packed & ~4 | (newValue ? 4 : 0) }
        }
        /// Published or Unlisted, at present or at some time since `lossesSince`.
        var wasReleased: Bool {
            get { packed & 32 != 0 }
            set { packed = packed & ~32 | (newValue ? 32 : 0) }
        }
        /// Every record of it is Archived or Disposed.
        var isOnlyWithdrawn: Bool {
            get { packed & 64 != 0 }
            set { packed = packed & ~64 | (newValue ? 64 : 0) }
        }
        /// Whether its disappearance is a loss; snapshots and their builds disappear by design.
        var isLoss: Bool { wasReleased && !isSnapshot }
        /// Whether the version has older records.
        var hasOlder: Bool {
            get { packed & 8 != 0 }
            set { packed = packed & ~8 | (newValue ? 8 : 0) }
        }
    }
}
