import FoundationEssentials

/// JSON in which equal values are equal bytes: sorted keys, slashes as they are.
package enum StableJSON {
    /// In one line without spaces.
    package static func line(_ value: some Encodable) throws -> [UInt8] {
        try encode(value, [])
    }

    /// Indented, ending in a line end.
    package static func page(_ value: some Encodable) throws -> [UInt8] {
        try encode(value, .prettyPrinted) + [UInt8(ascii: "\n")]
    }

    private static func encode(_ value: some Encodable, _ form: JSONEncoder.OutputFormatting) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = form.union([.sortedKeys, .withoutEscapingSlashes])
        return try Array(encoder.encode(value))
    }
}
