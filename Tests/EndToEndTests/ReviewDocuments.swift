/// What a test reads of the document of `reconcile drift`.
struct DriftDocument: Decodable {
    struct Bytes: Decodable {
        var sha256: String?
        var recordedAt: String?
        var versionID: String?
    }
    struct Row: Decodable {
        var version: String
        var asset: String?
        var was: Bytes?
        var now: Bytes?
        var from: String?
        var to: String?
        var state: String?
        var recordedAt: String?
        var lastRecordedAt: String?
        var deletionRecordedAt: String?
        var publishedAt: String?
        var atMostSeconds: Int?
    }
    var outcome: String
    var orphaned: [Row]
    var mutated: [Row]
    var statusChanges: [Row]
    var unprotected: [Row]
    var requests: [String: Int]
}

/// What a test reads of the document of `reconcile history`.
struct HistoryDocument: Decodable {
    struct Change: Decodable {
        var kind: String
    }
    struct Record: Decodable {
        var version: String
        var status: String
        var recordedAt: String
        var changes: [Change]
    }
    var records: [Record]
}

/// What a test reads of the document of `reconcile show`.
struct ShowDocument: Decodable {
    struct StoredAsset: Decodable {
        var asset: String
        var sha256: String
        var versionID: String?
        var fetch: String
    }
    struct Version: Decodable {
        var repository: String
        var version: String
        var status: String
        var records: Int
        var assetCount: Int
        var bytes: Int
        var assets: [StoredAsset]?
    }
    var versions: [Version]
}
