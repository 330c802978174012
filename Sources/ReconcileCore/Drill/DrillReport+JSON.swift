/// The JSON of findings and returned files in a drill's evidence.
extension DrillReport.Finding: Codable {
    private enum CodingKeys: String, CodingKey {
        case key, message
    }

    package init(from decoder: any Decoder) throws {
        place = try Place(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        key = try container.decode(String.self, forKey: .key)
        message = try container.decode(String.self, forKey: .message)
    }

    /// The place's members are written next to the others; unknown ones are absent.
    package func encode(to encoder: any Encoder) throws {
        try place.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(key, forKey: .key)
        try container.encode(message, forKey: .message)
    }
}

extension DrillReport.Returned: Codable {
    private enum CodingKeys: String, CodingKey {
        case size, sha256, client
    }

    package init(from decoder: any Decoder) throws {
        place = try Place(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        size = try container.decode(Int64.self, forKey: .size)
        sha256 = try container.decode(String.self, forKey: .sha256)
        client = try container.decode(String.self, forKey: .client)
    }

    /// Like a finding.
    package func encode(to encoder: any Encoder) throws {
        try place.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(size, forKey: .size)
        try container.encode(sha256, forKey: .sha256)
        try container.encode(client, forKey: .client)
    }
}
