import CLibXML2

/// Reads one XML document as a sequence of events, element by element, without building a tree.
///
/// The document is text from elsewhere and is treated as hostile: a DOCTYPE is refused, so no entity beyond XML's
/// five and the character references exists, nothing is fetched, and size, depth, attributes and text are bounded by
/// ``XMLLimits``. Any encoding in which markup cannot hide is accepted (`DocumentEncoding`). Names lose their namespace
/// prefix, and namespaces are not checked: Maven's files are written with and without them.
package enum XMLPull {
    /// Hands `body` a reader that stands before the root element.
    ///
    /// What `body` leaves unread is read after it, so a document with a fault behind the last element of interest is
    /// refused all the same. Throws ``XMLFailure``, or what `body` throws.
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

/// Bounds of one document; what exceeds them is refused.
package struct XMLLimits: Sendable, Hashable {
    /// Bytes of the whole document, as it comes and in UTF-8.
    package var maximumBytes: Int
    /// Elements inside each other, the root counted. More than 255 is not possible.
    package var maximumDepth: Int
    /// Attributes and namespace declarations of one element.
    package var maximumAttributes: Int
    /// Different names of elements and attributes.
    package var maximumNames: Int
    /// UTF-8 bytes of one text or attribute value. More than 10,000,000 is not possible.
    package var maximumTextBytes: Int

    /// The defaults hold a list page of 1000 keys and the metadata of 200,000 versions.
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
    /// An element begins. Names are local names; of two attributes with one local name the last one counts;
    /// namespace declarations are not attributes.
    case start(name: String, attributes: [String: String])
    /// All text up to the next tag, in one piece: CDATA sections and character references are text, comments and
    /// processing instructions inside it are left out. White space is text too. Never empty.
    case text(String)
    /// An element ends; an empty element ends as well.
    case end(name: String)
}

/// Why a document was refused, and where.
package struct XMLFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// From 1.
    package let line: Int
    package let reason: String

    package init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }

    package var description: String { "line \(line): \(reason)" }
}
