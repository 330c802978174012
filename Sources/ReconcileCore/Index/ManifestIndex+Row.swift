/// What an index keeps of one record.
extension ManifestIndex {
    /// 20 bytes, in words of four: a longer one would be padded.
    struct Row {
        private var nameLow: UInt32
        /// The upper 24 bits of the name's, then the upper 8 of the state's.
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
            packed = UInt64(min(max(time.seconds, 0), 1 << 38 - 1)) << 26 | UInt64(repository) << 7
            isDeleted = status == .deleted
            isWithdrawn = status == .archived || status == .disposed
            wasReleased = status.isDownloadable
            isOnlyWithdrawn = isWithdrawn
            if isSnapshot { packed |= 16 }
        }

        /// The name's lower 56 bits: the others choose the bucket.
        var name: UInt64 { UInt64(nameAndState >> 8) << 32 | UInt64(nameLow) }
        /// 40 bits of the state's fingerprint: one change in 10^12 looks like none, and not to the next run, whose seed
        /// is another. Zero where two different states were recorded in the same second: neither is known to be the newer.
        var state: UInt64 {
            get { UInt64(nameAndState & 0xff) << 32 | UInt64(stateLow) }
            set {
                nameAndState = nameAndState & ~0xff | UInt32(truncatingIfNeeded: newValue >> 32) & 0xff
                stateLow = UInt32(truncatingIfNeeded: newValue)
            }
        }
        /// From the top: 38 bits of seconds since 1970, which every key's time fits (the year 9999), 19 bits of the
        /// repository's number, 7 flags.
        private var packed: UInt64 {
            get { UInt64(packedHigh) << 32 | UInt64(packedLow) }
            set {
                packedHigh = UInt32(truncatingIfNeeded: newValue >> 32)
                packedLow = UInt32(truncatingIfNeeded: newValue)
            }
        }

        func isOf(_ print: StateFingerprint) -> Bool { state == print.state & (1 << 40 - 1) }

        var time: Timestamp { Timestamp(seconds: Int64(packed >> 26)) }
        var repository: Int { Int(packed >> 7 & (1 << 19 - 1)) }
        /// Of a snapshot or of a build of one, by its form.
        var isSnapshot: Bool { packed & 16 != 0 }
        /// Recorded as Deleted.
        var isDeleted: Bool {
            get { packed & 1 != 0 }
            set { packed = packed & ~1 | (newValue ? 1 : 0) }
        }
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
        /// Published or Unlisted, or lately so: in the time in which what goes counts as a loss.
        var wasReleased: Bool {
            get { packed & 32 != 0 }
            set { packed = packed & ~32 | (newValue ? 32 : 0) }
        }
        /// No record of it is of another state than Archived or Disposed.
        var isOnlyWithdrawn: Bool {
            get { packed & 64 != 0 }
            set { packed = packed & ~64 | (newValue ? 64 : 0) }
        }
        /// Whether its going is a loss: snapshots and their builds go by design.
        var isLoss: Bool { wasReleased && !isSnapshot }
        /// There are older records of the version.
        var hasOlder: Bool {
            get { packed & 8 != 0 }
            set { packed = packed & ~8 | (newValue ? 8 : 0) }
        }
    }
}
