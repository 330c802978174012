/// What a fault does to an answer.
extension Fault {
    package enum Effect: Hashable, Sendable {
        case status(Int, retryAfter: Int?)
        case reset(after: Int64?)
        case cut(after: Int64)
        case flip(byte: Int64)
        case stall(seconds: Double)
        case body([UInt8])
        case wrongHash
        case repeatedToken
        case emptyPage
    }
}

/// The operations under which requests are counted.
enum FaultOperations {
    static let all =
        Operation.allCases.map { "codeartifact.\($0.rawValue)" }
        + ["Get", "Head", "Put"].flatMap { ["maven.\($0)Asset", "maven.\($0)Checksum", "maven.\($0)Metadata"] }
        + ["assets.GetObject", "assets.HeadObject"] + keys + s3

    /// Operations of Key Management Service.
    static let keys = ["kms.Sign", "kms.GetPublicKey"]

    /// Operations of the local S3, which `*` does not include.
    static let s3 = LocalS3Request.Operation.allCases.map(\.rawValue)

    /// Operations whose answers come in pages.
    static let lists = Set(Operation.allCases.filter(\.isPaged).map { "codeartifact.\($0.rawValue)" })

    static let assetList = "codeartifact.\(Operation.listPackageVersionAssets.rawValue)"

    /// Operations whose successful answers have no body.
    static let bodiless = Set(
        all.filter { name in
            [".Head", "maven.Put", "s3.Put", "s3.Create", "s3.Delete"].contains { name.contains($0) }
        }
    )
}

extension Fault.Effect {
    /// All effects: the answers they apply to (equal ones adjacent), their spelling, and what they do.
    ///
    /// An effect on the bytes of `maven.GetAsset` applies where the bytes are sent: after a redirect, in the bucket's
    /// answer.
    package static let table: [(answers: String, spelling: String, meaning: String)] = [
        ("In any answer", "400 to 599", "this status; 403 is AccessDenied, 429 and 503 throttle"),
        ("In any answer", "429=SECONDS", "the same with this Retry-After (default: 1)"),
        ("In any answer", "reset", "the connection is reset before the answer"),
        ("In any answer", "stall=SECONDS", "half of the body, then a pause (default: 3600)"),
        ("In any answer", "body=TEXT", "200 with this text, which has no colon"),
        ("In answers with a body", "reset=BYTES", "reset after so many bytes of the body"),
        ("In answers with a body", "cut=BYTES", "closed after so many bytes of the body"),
        ("In answers with a body", "flip=BYTE", "one bit of this byte of the body is wrong"),
        ("In ListPackageVersionAssets", "hash", "a wrong SHA-256 is listed"),
        ("In lists", "empty", "an empty page with a token for the next"),
        ("In lists, where a token was sent", "token", "a page ends with that token again"),
    ]

    /// Parses a spelling from the table.
    init(_ text: String) throws(FaultSyntaxError) {
        let (name, value) = Self.pair(text)
        switch (name, value.flatMap(Int64.init)) {
        case ("429", let seconds) where value == nil || (seconds ?? -1) >= 0:
            self = .status(429, retryAfter: Int(seconds ?? 1))
        case ("reset", let bytes) where value == nil || (bytes ?? -1) >= 0: self = .reset(after: bytes)
        case ("body", _) where value != nil: self = .body(Array((value ?? "").utf8))
        case ("cut", let bytes?) where bytes >= 0: self = .cut(after: bytes)
        case ("flip", let byte?) where byte >= 0: self = .flip(byte: byte)
        case ("stall", _): self = .stall(seconds: try Self.seconds(value, in: text))
        case ("hash", nil) where value == nil: self = .wrongHash
        case ("token", nil) where value == nil: self = .repeatedToken
        case ("empty", nil) where value == nil: self = .emptyPage
        default:
            guard value == nil, let status = Int(name), (400...599).contains(status) else {
                throw FaultSyntaxError(
                    "\"\(text)\" is not an effect: write one of "
                        + Self.table.map { $0.spelling }.joined(separator: ", ")
                )
            }
            self = .status(status, retryAfter: nil)
        }
    }

    private static func seconds(_ value: String?, in text: String) throws(FaultSyntaxError) -> Double {
        guard let value else { return 3600 }
        guard let seconds = Double(value), (0...86_400).contains(seconds) else {
            throw FaultSyntaxError("\"\(text)\" is not an effect: write stall=SECONDS, 0 to 86400")
        }
        return seconds
    }

    static func pair(_ text: String) -> (name: String, value: String?) {
        guard let equals = text.firstIndex(of: "=") else { return (text, nil) }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }

    /// Whether the answers of an operation can show the effect.
    func shows(in operation: String) -> Bool {
        switch self {
        case .status, .reset(nil), .stall, .body: true
        case .reset, .cut, .flip: !FaultOperations.bodiless.contains(operation)
        case .wrongHash: operation == FaultOperations.assetList
        case .repeatedToken, .emptyPage: FaultOperations.lists.contains(operation)
        }
    }

    /// Whether the answer to one request can show the effect; a repeated token requires a page token in the request.
    func shows(in operation: String, target: String) -> Bool {
        shows(in: operation) && (self != .repeatedToken || target.contains("next-token="))
    }

    /// Applies the effect to an answer's bytes. If the answer is a redirect to the bytes, adds the effect to the new
    /// URL instead.
    func damage(_ answer: inout ServerAnswer) {
        if answer.status == 307, let bytes = spellingOfBytes {
            for index in answer.headers.indices where answer.headers[index].name == "Location" {
                answer.headers[index].value += "&\(Self.parameter)=\(bytes)"
            }
            return
        }
        answer.damage = damage
        if case .body(let bytes) = self { (answer.status, answer.body) = (200, .bytes(bytes)) }
    }

    /// The effect that a URL carries; nil if there is none.
    init?(of query: [String: String]) {
        guard let text = query[Self.parameter], let effect = try? Self(text) else { return nil }
        self = effect
    }

    private static let parameter = "x-sandbox-fault"

    /// The spelling of an effect on a body's bytes; nil for other effects.
    private var spellingOfBytes: String? {
        switch self {
        case .reset(let bytes?): "reset=\(bytes)"
        case .cut(let bytes): "cut=\(bytes)"
        case .flip(let byte): "flip=\(byte)"
        case .stall(let seconds): "stall=\(seconds)"
        case .status, .reset(nil), .body, .wrongHash, .repeatedToken, .emptyPage: nil
        }
    }

    private var damage: BodyDamage? {
        switch self {
        case .reset(let bytes): .reset(after: bytes)
        case .cut(let bytes): .cut(after: bytes)
        case .flip(let byte): .flip(byte: byte)
        case .stall(let seconds): .stall(.seconds(seconds))
        case .status, .body, .wrongHash, .repeatedToken, .emptyPage: nil
        }
    }
}
