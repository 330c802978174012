import MavenXML
import ReconcileCore
import XMLPull

/// maven-metadata.xml and the XML reader below it.
///
/// - What is read, rendered and read again is equal, and is rendered to the same bytes.
/// - Events are well nested, and none exceeds the limits; what passes under tight limits passes under wide ones.
/// - No document with a DOCTYPE is read.
/// - A refusal names a line of the document and a reason.
@Sendable func checkMavenMetadata(_ bytes: [UInt8]) throws {
    let isAccepted = try walk(bytes, limits: tight)
    try requireNoDocumentType(bytes, isAccepted: isAccepted)
    let metadata: MavenMetadata
    do throws(XMLFailure) {
        metadata = try MavenMetadata(xml: bytes)
    } catch {
        return try requireSensible(error, of: bytes)
    }
    let rendered = metadata.render()
    let again = try MavenMetadata(xml: rendered)
    try require(again == metadata, "read again, \(again) is not \(metadata)")
    try require(again.render() == rendered, "rendered again, the document has other bytes")
}

/// Small enough that a short input reaches each of them.
private let tight = XMLLimits(
    maximumBytes: 2_000,
    maximumDepth: 6,
    maximumAttributes: 3,
    maximumNames: 12,
    maximumTextBytes: 100
)

/// Whether the document is well-formed and within the limits; checks every event on the way.
private func walk(_ bytes: [UInt8], limits: XMLLimits) throws -> Bool {
    var broken: BrokenProperty?
    do {
        try XMLPull.parse(bytes, limits: limits) { reader in
            do throws(BrokenProperty) {
                try check(&reader, bytes, limits)
            } catch {
                broken = error
            }
        }
    } catch let failure as XMLFailure {
        if let broken { throw broken }
        try requireSensible(failure, of: bytes)
        return false
    }
    if let broken { throw broken }
    try XMLPull.parse(bytes) { _ in }
    return true
}

private func check(_ reader: inout XMLReader, _ bytes: [UInt8], _ limits: XMLLimits) throws(BrokenProperty) {
    var open: [String] = []
    var names: Set<String> = []
    var isAfterText = false
    // A failure is met again, and judged, by whoever reads to the end.
    while case .some(.some(let event)) = try? reader.next() {
        switch event {
        case .start(let name, let attributes):
            open.append(name)
            names.formUnion(attributes.keys)
            names.insert(name)
            try require(attributes.count <= limits.maximumAttributes, "\(attributes.count) attributes")
            try require(attributes.values.allSatisfy { $0.utf8.count <= limits.maximumTextBytes }, "a long attribute")
        case .text(let text):
            try require(!isAfterText, "two texts in a row")
            try require(!open.isEmpty && !text.isEmpty, "an empty text, or one outside the root")
            try require(text.utf8.count <= limits.maximumTextBytes, "a text of \(text.utf8.count) bytes")
        case .end(let name):
            try require(open.popLast() == name, "</\(name)> ends what was not begun")
        }
        if case .text = event { isAfterText = true } else { isAfterText = false }
        try require(open.count <= limits.maximumDepth, "\(open.count) elements deep")
        try require(names.count <= limits.maximumNames, "\(names.count) names")
    }
    try require(bytes.count <= limits.maximumBytes, "a document of \(bytes.count) bytes")
}

/// Requires that a DOCTYPE put into an accepted document makes it a refused one, and that none was there before.
private func requireNoDocumentType(_ bytes: [UInt8], isAccepted: Bool) throws {
    // In UTF-16 and UTF-32, where each "<" has a zero byte, these bytes are other characters.
    guard isAccepted, !bytes.contains(0) else { return }
    let text = String(decoding: bytes, as: Unicode.ASCII.self)
    let mayQuote = ["<!--", "<![CDATA[", "<?"].contains { text.contains($0) }
    try require(mayQuote || !text.contains("<!DOCTYPE"), "a DOCTYPE passed")

    // The only places before the root where one may stand: behind the declaration, or where one would stand.
    var place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    if bytes[place...].starts(with: "<?xml ".utf8), let end = bytes.firstIndex(of: UInt8(ascii: ">")) {
        place = end + 1
    }
    var forged = bytes
    forged.insert(contentsOf: Array(#"<!DOCTYPE metadata [<!ENTITY e "x">]>"#.utf8), at: place)
    let isRefused = (try? XMLPull.parse(forged) { _ in }) == nil
    try require(isRefused, "a DOCTYPE passed that was put at byte \(place)")
}

private func requireSensible(_ failure: XMLFailure, of bytes: [UInt8]) throws(BrokenProperty) {
    let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
    try require((1...lines).contains(failure.line), "\(failure) of a document of \(lines) lines")
    try require(!failure.reason.isEmpty, "no reason")
}
