/// Reads a record's JSON strictly: every member must be known.
enum RecordJSON {
    /// Reads a document in this format; refuses unknown and duplicate members.
    ///
    /// Records leave out a member without a value, so null is not a valid value.
    static func read<Document: JSONReadable>(
        _ type: Document.Type,
        from bytes: [UInt8]
    ) throws(RecordRefusal) -> Document {
        guard bytes.count <= Manifest.maximumBytes else {
            throw RecordRefusal(.length, "it has \(bytes.count) bytes, and a record has up to \(Manifest.maximumBytes)")
        }
        // Checked first, because another format may have other members.
        let format = try scan(Format.self, bytes).format
        guard format == Manifest.format else {
            throw RecordRefusal(.form, "format \(format) is not \(Manifest.format)")
        }
        return try scan(type, bytes)
    }

    private static func scan<Document: JSONReadable>(
        _ type: Document.Type,
        _ bytes: [UInt8]
    ) throws(RecordRefusal) -> Document {
        do {
            return try JSONScanner.read(type, from: bytes)
        } catch {
            let rule: RecordRefusal.Rule =
                switch error.kind {
                case .syntax, .type, .absent: .form
                case .unknown, .doubled: .members
                }
            throw RecordRefusal(rule, error.description)
        }
    }

    private struct Format: JSONReadable {
        let format: Int

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            format = try json.member("format")
        }
    }
}
