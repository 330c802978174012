import CCurl
import Glibc

/// One curl easy handle: holds the options of one transfer at a time, and is reused for the next.
@safe final class EasyHandle {
    /// The address by which curl identifies a handle.
    typealias Address = UInt

    let raw: UnsafeMutableRawPointer
    // curl writes error details here for the handle's whole lifetime, so the buffer must live as long.
    private let detail: UnsafeMutablePointer<CChar>
    private var fields: UnsafeMutablePointer<curl_slist>?

    init() throws(TransferFailure) {
        guard let raw = unsafe curl_easy_init() else {
            throw TransferFailure(.internal, message: "libcurl has no memory for another transfer.")
        }
        unsafe self.raw = raw
        unsafe detail = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe detail.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        unsafe curl_easy_cleanup(raw)
        unsafe curl_slist_free_all(fields)
        unsafe detail.deallocate()
    }

    var address: Address { unsafe Address(bitPattern: raw) }

    /// Resets the handle, then sets every option of one transfer.
    ///
    /// - Parameters:
    ///   - upload: the length of the body that the read callback supplies; nil to send `request.body`.
    ///   - buffers: the size in bytes of curl's buffer for the body that is sent or received.
    ///   - context: passed to the callbacks. It must outlive the transfer.
    func prepare(
        _ request: HTTPRequest,
        _ settings: HTTPClientSettings,
        upload: Int64?,
        buffers: Int,
        context: UnsafeMutableRawPointer
    ) throws(TransferFailure) {
        unsafe curl_easy_reset(raw)
        unsafe detail.pointee = 0
        try check(unsafe ccurl_set_pointer(raw, CURLOPT_ERRORBUFFER, detail))
        try set(CURLOPT_NOSIGNAL, 1)
        try prepareProtocol(request, settings)
        try prepareTrust(settings)
        // The answer to an upload is short.
        try set(CURLOPT_BUFFERSIZE, upload == nil ? buffers : Self.answerBuffer)
        try set(CURLOPT_UPLOAD_BUFFERSIZE, buffers)
        try prepareBody(request, upload: upload)
        try prepareFields(request, bodyLength: upload ?? Int64(request.body.count))
        try check(unsafe Exchange.setCallbacks(of: raw, context))
    }

    /// Sets for both directions whether they are paused, since curl has no other way. May call the callbacks before it
    /// returns.
    func pause(receiving: Bool, sending: Bool) -> CURLcode {
        let mask = (receiving ? CURLPAUSE_RECV : 0) | (sending ? CURLPAUSE_SEND : 0)
        return unsafe curl_easy_pause(raw, mask)
    }

    /// curl's own description of how the last transfer failed.
    func detail(of result: CURLcode) -> String {
        let text = unsafe String(cString: detail)
        return text.isEmpty ? unsafe String(cString: curl_easy_strerror(result)) : text
    }

    /// Whether the connection is established and the request has begun.
    var isConnected: Bool { size(CURLINFO_PRETRANSFER_TIME_T) > 0 }

    var bytesSent: Int64 { size(CURLINFO_SIZE_UPLOAD_T) }

    var bytesReceived: Int64 { size(CURLINFO_SIZE_DOWNLOAD_T) }

    private func size(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        unsafe ccurl_get_size(raw, info, &value)
        return Int64(value)
    }
}

extension EasyHandle {
    private func prepareProtocol(_ request: HTTPRequest, _ settings: HTTPClientSettings) throws(TransferFailure) {
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_HTTP_VERSION, ccurl_http_1_1)
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        try set(CURLOPT_USERAGENT, settings.userAgent)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        if !settings.usesProxies || request.bypassesProxies { try set(CURLOPT_NOPROXY, "*") }
        // A proxy's answer to CONNECT is not part of the service's answer.
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try set(CURLOPT_CONNECTTIMEOUT_MS, request.deadlines.connect.milliseconds)
        if let total = request.deadlines.total { try set(CURLOPT_TIMEOUT_MS, total.milliseconds) }
    }

    private func prepareTrust(_ settings: HTTPClientSettings) throws(TransferFailure) {
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, ccurl_tls_1_2)
        if let bundle = settings.caBundle { try set(CURLOPT_CAINFO, bundle) }
        // Clear the certificate directory: curl would trust it in addition to the bundle, and it would keep curl from
        // caching the bundle for all connections (CURLOPT_CA_CACHE_TIMEOUT), at a cost of 0.7 MiB and 20 ms per
        // connection.
        if settings.caBundle != nil || Self.hasBundle {
            try check(unsafe ccurl_set_pointer(raw, CURLOPT_CAPATH, nil))
        }
    }

    private func prepareBody(_ request: HTTPRequest, upload: Int64?) throws(TransferFailure) {
        if let upload {
            try set(CURLOPT_UPLOAD, 1)
            try check(unsafe ccurl_set_size(raw, CURLOPT_INFILESIZE_LARGE, curl_off_t(upload)))
            if request.method != .put { try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
            return
        }
        switch request.method {
        case .get: try set(CURLOPT_HTTPGET, 1)
        case .head: try set(CURLOPT_NOBODY, 1)
        case .delete where request.body.isEmpty: try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        case .delete, .post, .put:
            try set(CURLOPT_POST, 1)
            try check(unsafe ccurl_set_size(raw, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
            let status = unsafe request.body.withUnsafeBytes { body in
                // An empty array may have no address, and without one curl would read a body from the read callback.
                unsafe ccurl_set_pointer(
                    raw,
                    CURLOPT_COPYPOSTFIELDS,
                    UnsafeMutableRawPointer(mutating: body.baseAddress) ?? UnsafeMutableRawPointer(detail)
                )
            }
            try check(status)
            if request.method != .post { try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
        }
    }

    private func prepareFields(_ request: HTTPRequest, bodyLength: Int64) throws(TransferFailure) {
        unsafe curl_slist_free_all(fields)
        unsafe fields = nil
        // To curl, a name without a value means that the field must not be sent.
        if bodyLength <= Self.expectThreshold { try addField("Expect:") }
        if request.method == .post || request.method == .put || request.method == .delete {
            if request.headers["content-type"] == nil { try addField("Content-Type:") }
        }
        for line in request.headers.lines {
            let bytes = request.headers.block[line]
            let name = bytes.prefix { $0 != UInt8(ascii: ":") }
            guard !Self.ownFields.contains(where: { $0.matches(name) }) else { continue }
            if name.count + 2 >= bytes.count {
                // This is how curl expects a field with an empty value.
                try addField(String(decoding: name, as: UTF8.self) + ";")
            } else {
                let list = unsafe request.headers.block.withUnsafeBytes { block in
                    unsafe curl_slist_append(
                        fields,
                        block.baseAddress?.advanced(by: line.lowerBound)
                            .assumingMemoryBound(to: CChar.self)
                    )
                }
                unsafe try keep(list)
            }
        }
        try check(unsafe ccurl_set_list(raw, CURLOPT_HTTPHEADER, fields))
    }

    private func addField(_ line: String) throws(TransferFailure) {
        unsafe try keep(curl_slist_append(fields, line))
    }

    private func keep(_ list: UnsafeMutablePointer<curl_slist>?) throws(TransferFailure) {
        guard let list = unsafe list else { try check(CURLE_OUT_OF_MEMORY); return }
        unsafe fields = list
    }

    private func set(_ option: CURLoption, _ value: Int) throws(TransferFailure) {
        try check(unsafe ccurl_set_long(raw, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(TransferFailure) {
        try check(unsafe ccurl_set_string(raw, option, value))
    }

    /// The only place that turns a curl status into our error.
    private func check(_ status: CURLcode) throws(TransferFailure) {
        guard status != CURLE_OK else { return }
        throw TransferFailure(status, on: "Preparing a request", detail: detail(of: status))
    }

    /// A longer body waits for `100 Continue`, so that a refusal arrives before the body is sent.
    private static let expectThreshold: Int64 = 1 << 20
    /// Whether curl's default certificate bundle exists, so that the certificate directory adds nothing.
    private static let hasBundle: Bool = {
        guard let handle = unsafe curl_easy_init() else { return false }
        defer { unsafe curl_easy_cleanup(handle) }
        guard let path = unsafe ccurl_default_bundle(handle) else { return false }
        return unsafe access(path, R_OK) == 0
    }()
    private static let answerBuffer = 4 << 10
    private static let ownFields = ["connection", "content-length", "expect", "transfer-encoding"]
}

extension String {
    fileprivate func matches(_ name: ArraySlice<UInt8>) -> Bool {
        name.count == utf8.count && zip(name, utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }
}

extension Duration {
    /// Whole milliseconds, at least one: curl takes zero as its default.
    fileprivate var milliseconds: Int {
        let (seconds, attoseconds) = max(.zero, min(self, .seconds(Int32.max))).components
        return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
