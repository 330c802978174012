/// Notices versions that were counted earlier and have no record any more. Nothing deletes a record, so they are lost.
package protocol VersionCensus: Sendable {
    /// Takes in a record, of each that is listed.
    mutating func see(_ record: ManifestRecord)

    /// What could not be read of what was counted; nil if all was.
    var warning: String? { get }

    /// What is lost, once every record was seen.
    var losses: [VersionLoss] { get }
}

/// Versions that are lost.
package struct VersionLoss: Hashable, Sendable {
    /// How many, by what, without the end of a sentence.
    package let words: String
    /// What they are of.
    package let selection: Selection

    package init(words: String, selection: Selection) {
        self.words = words
        self.selection = selection
    }
}

/// Reads what was counted earlier of what will be listed, up to a moment; nil for all.
package typealias CensusReader =
    @Sendable (_ listed: Selection, _ moment: Timestamp?) async throws -> any VersionCensus
