import CLibXML2

/// A position in a document, advanced by `next()` or by the methods that read whole elements.
///
/// Exists only inside ``XMLPull/parse(_:limits:_:)``. Do not use it again after a failure.
@safe package struct XMLReader: ~Copyable {
    /// Never used after `deinit`, and valid only while the memory that it reads is borrowed.
    private let handle: OpaquePointer
    private let errors: ErrorRecord
    private let limits: XMLLimits
    /// The number of open elements.
    private var depth = 0
    /// Whether libxml2's current node has yet to be reported.
    private var holdsNode = false
    /// The name of an empty element whose end has yet to be reported.
    private var emptyElement: String?
    /// The names seen so far, keyed by the address of the single copy of each that libxml2 keeps for the reader's
    /// lifetime.
    private var names: [UInt: String] = [:]

    /// `buffer` holds UTF-8 and must outlive the reader.
    init(_ buffer: UnsafeRawBufferPointer, limits: XMLLimits) throws(XMLFailure) {
        _ = Self.initialized
        // NOENT, DTDLOAD and HUGE stay off: no entities are substituted, nothing is loaded, and libxml2's own limits
        // apply. IGNORE_ENC is on: the declared encoding has already been applied.
        let options =
            XML_PARSE_NONET.rawValue | XML_PARSE_COMPACT.rawValue | XML_PARSE_BIG_LINES.rawValue
            | XML_PARSE_IGNORE_ENC.rawValue
        guard
            let size = CInt(exactly: buffer.count),
            let handle = unsafe xmlReaderForMemory(
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
                size,
                nil,
                nil,
                CInt(options)
            )
        else {
            throw XMLFailure(line: 1, reason: "libxml2 could not begin to read a document of \(buffer.count) bytes")
        }
        unsafe self.handle = handle
        self.errors = ErrorRecord()
        self.limits = limits
        unsafe errors.attach(to: handle)
    }

    deinit {
        unsafe xmlFreeTextReader(handle)
    }

    /// Must have run before any thread parses (libxml2, "Thread safety").
    private static let initialized: Void = xmlInitParser()

    /// The line of the current element or text, from 1; at the end of an element, the line of its start.
    package var line: Int {
        let node = unsafe xmlTextReaderCurrentNode(handle)
        return max(1, unsafe xmlGetLineNo(node))
    }

    /// A failure at the current line, for content that is well-formed but not what the caller expects.
    package func failure(_ reason: String) -> XMLFailure {
        XMLFailure(line: line, reason: reason)
    }

    /// The next event; nil after the root element has ended and only comments or processing instructions followed.
    package mutating func next() throws(XMLFailure) -> XMLEvent? {
        if let name = emptyElement {
            emptyElement = nil
            depth -= 1
            return .end(name: name)
        }
        var text = ""
        while try advance() {
            switch xmlReaderTypes(UInt32(bitPattern: unsafe xmlTextReaderNodeType(handle))) {
            case XML_READER_TYPE_TEXT, XML_READER_TYPE_CDATA,
                XML_READER_TYPE_WHITESPACE, XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
                text += unsafe string(xmlTextReaderConstValue(handle))
                try checkLength(of: text)
            case XML_READER_TYPE_ELEMENT where text.isEmpty:
                return try begin()
            case XML_READER_TYPE_END_ELEMENT where text.isEmpty:
                depth -= 1
                return .end(name: try localName())
            case XML_READER_TYPE_ELEMENT, XML_READER_TYPE_END_ELEMENT:
                holdsNode = true
                return .text(text)
            case XML_READER_TYPE_COMMENT, XML_READER_TYPE_PROCESSING_INSTRUCTION:
                continue
            default:
                // MarkupScan has already rejected any DOCTYPE, so this is a reference to an undeclared entity.
                throw failure("only elements and text are accepted")
            }
        }
        return nil
    }

    /// Moves libxml2 to the next node, or stays on a node that has yet to be reported; false at the end of the
    /// document.
    private mutating func advance() throws(XMLFailure) -> Bool {
        if holdsNode {
            holdsNode = false
            return true
        }
        let status = unsafe xmlTextReaderRead(handle)
        if let failure = errors.first { throw failure }
        switch status {
        case 1: return true
        case 0: return false
        default: throw XMLFailure(line: line, reason: "libxml2 stopped without a reason")
        }
    }

    private mutating func begin() throws(XMLFailure) -> XMLEvent {
        let name = try localName()
        depth += 1
        guard depth <= limits.maximumDepth else {
            throw failure("<\(name)> is nested more than \(limits.maximumDepth) elements deep")
        }
        // Check first: once libxml2 has moved to an attribute, it answers for the attribute.
        let isEmpty = unsafe xmlTextReaderIsEmptyElement(handle) == 1
        let attributes = try attributes()
        if isEmpty { emptyElement = name }
        return .start(name: name, attributes: attributes)
    }

    private mutating func attributes() throws(XMLFailure) -> [String: String] {
        var attributes: [String: String] = [:]
        guard unsafe xmlTextReaderHasAttributes(handle) == 1 else { return attributes }
        while unsafe xmlTextReaderMoveToNextAttribute(handle) == 1 {
            if unsafe xmlTextReaderIsNamespaceDecl(handle) == 1 { continue }
            let value = unsafe string(xmlTextReaderConstValue(handle))
            try checkLength(of: value)
            attributes[try localName()] = value
        }
        _ = unsafe xmlTextReaderMoveToElement(handle)
        return attributes
    }

    /// The current node's name without its prefix, whether or not the prefix is declared.
    private mutating func localName() throws(XMLFailure) -> String {
        let characters = unsafe xmlTextReaderConstLocalName(handle)
        let address = UInt(bitPattern: characters)
        if let known = names[address] { return known }
        // libxml2's name table becomes slow when it is large.
        guard names.count < limits.maximumNames else {
            throw failure("there are more than \(limits.maximumNames) different names")
        }
        let full = unsafe string(characters)
        let name = full.split(separator: ":").last.map(String.init) ?? full
        names[address] = name
        return name
    }

    private func string(_ characters: UnsafePointer<xmlChar>?) -> String {
        guard let characters = unsafe characters else { return "" }
        return unsafe String(cString: characters)
    }

    private func checkLength(of text: String) throws(XMLFailure) {
        guard text.utf8.count <= limits.maximumTextBytes else {
            throw failure("a text is longer than \(limits.maximumTextBytes) bytes")
        }
    }
}

extension XMLReader {
    /// Visits the child elements of the element that has just begun, and consumes its end.
    ///
    /// Ignores text between the children, and skips whatever `visit` leaves unread of a child, so a `visit` that does
    /// nothing skips the child.
    ///
    /// ```swift
    /// try reader.children { (reader, name, _) throws(XMLFailure) in
    ///     if name == "Key" { keys.append(try reader.text()) }
    /// }
    /// ```
    package mutating func children(
        _ visit: (inout XMLReader, _ name: String, _ attributes: [String: String]) throws(XMLFailure) -> Void
    ) throws(XMLFailure) {
        let outer = depth
        while depth >= outer, let event = try next() {
            guard case .start(let name, let attributes) = event else { continue }
            let inner = depth
            try visit(&self, name, attributes)
            while depth >= inner, try next() != nil {}
        }
    }

    /// The text of the element that has just begun, without that of child elements. Consumes the element's end.
    package mutating func text() throws(XMLFailure) -> String {
        let outer = depth
        var text = ""
        while depth >= outer, let event = try next() {
            if case .text(let piece) = event, depth == outer { text += piece }
        }
        try checkLength(of: text)
        return text
    }
}
