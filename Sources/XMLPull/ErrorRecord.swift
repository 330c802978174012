import CLibXML2

/// Records the first error that libxml2 reports for one reader, and keeps errors off standard error.
///
/// Later errors are consequences of the first.
final class ErrorRecord {
    private(set) var first: XMLFailure?

    /// The reader calls back without retaining the record, so the reader's owner must hold both.
    func attach(to reader: OpaquePointer) {
        unsafe xmlTextReaderSetStructuredErrorHandler(
            reader,
            { context, error in
                guard let context = unsafe context, let error = unsafe error?.pointee else { return }
                unsafe Unmanaged<ErrorRecord>.fromOpaque(context).takeUnretainedValue().record(error)
            },
            unsafe Unmanaged.passUnretained(self).toOpaque()
        )
    }

    private func record(_ error: xmlError) {
        // Namespaces are not checked: Maven accepts undeclared prefixes, and so does this reader.
        let isNamespace = unsafe error.domain == CInt(XML_FROM_NAMESPACE.rawValue)
        let isWarning = unsafe error.level == XML_ERR_WARNING
        guard first == nil, !isNamespace, !isWarning else { return }
        var reason = unsafe error.message.map { unsafe String(cString: $0) } ?? "libxml2 error \(unsafe error.code)"
        while reason.last?.isWhitespace == true { reason.removeLast() }
        if unsafe error.code == CInt(XML_ERR_DOCUMENT_END.rawValue) {
            // In both cases libxml2 reports extra content.
            reason = "the document ends before its root element does, or goes on after it"
        }
        first = XMLFailure(line: max(1, unsafe Int(error.line)), reason: String(reason.prefix(200)))
    }
}
