import CLibXML2

/// Reads one XML document as a sequence of events, element by element, without building a tree.
///
/// Documents are untrusted. A DOCTYPE is rejected, so the only references are XML's five entities and character
/// references, and nothing is fetched; ``XMLLimits`` bounds size, depth, attributes and text. `DocumentEncoding` says
/// which encodings are accepted. Names lose their namespace prefix, and namespaces are not checked: Maven's files are
/// written with and without them.
package enum XMLPull {
    /// Calls `body` with a reader positioned before the root element.
    ///
    /// Whatever `body` leaves unread is parsed after it returns, so an error behind the last element of interest still
    /// fails the document. Throws ``XMLFailure``, or whatever `body` throws.
    package static func parse<R>(
        _ bytes: [UInt8],
        limits: XMLLimits = XMLLimits(),
        _ body: (inout XMLReader) throws -> R
    ) throws -> R {
        let text = try DocumentEncoding.utf8(bytes, limit: limits.maximumBytes)
        try MarkupScan.check(text, maximumAttributes: limits.maximumAttributes)
        return try unsafe text.withUnsafeBytes { buffer in
            // The reader borrows this memory (xmlReaderForMemory does not copy) and cannot leave this scope: it is
            // noncopyable and lent inout.
            var reader = try unsafe XMLReader(buffer, limits: limits)
            let result = try body(&reader)
            while try reader.next() != nil {}
            return result
        }
    }
}

/// Limits for one document; a document that exceeds them is rejected.
package struct XMLLimits: Sendable, Hashable {
    /// Size of the whole document in bytes, both as given and in UTF-8.
    package var maximumBytes: Int
    /// Depth of nested elements, including the root. At most 255.
    package var maximumDepth: Int
    /// Attributes and namespace declarations per element.
    package var maximumAttributes: Int
    /// Distinct names of elements and attributes.
    package var maximumNames: Int
    /// UTF-8 bytes of one text or attribute value. At most 10,000,000.
    package var maximumTextBytes: Int

    /// The defaults suffice for a list page of 1000 keys and for the metadata of 200,000 versions.
    package init(
        maximumBytes: Int = 16 * 1024 * 1024,
        maximumDepth: Int = 32,
        maximumAttributes: Int = 32,
        maximumNames: Int = 1000,
        maximumTextBytes: Int = 64 * 1024
    ) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = maximumDepth
        self.maximumAttributes = maximumAttributes
        self.maximumNames = maximumNames
        self.maximumTextBytes = maximumTextBytes
    }
}

/// One step through a document.
package enum XMLEvent: Sendable, Hashable {
    /// An element begins. Names are local names. If two attributes have the same local name, the last one wins.
    /// Namespace declarations are not attributes.
    case start(name: String, attributes: [String: String])
    /// All text up to the next tag, in one piece. Includes white space, CDATA sections and character references; leaves
    /// out comments and processing instructions. Never empty.
    case text(String)
    /// An element ends; reported for empty elements too.
    case end(name: String)
}

/// Why and where a document was rejected.
package struct XMLFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// Counted from 1.
    package let line: Int
    package let reason: String

    package init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }

    package var description: String { "line \(line): \(reason)" }
}
