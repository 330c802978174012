import CCurl
import Glibc

/// How many files and connections this process may have open at a time (getrlimit(2), RLIMIT_NOFILE).
package enum DescriptorLimit {
    /// The limit as it is now.
    package static var current: Int {
        Int(clamping: limits.rlim_cur)
    }

    /// Raises the limit as far as an unprivileged process may; a second call does nothing.
    package static func raise() {
        var limits = limits
        limits.rlim_cur = limits.rlim_max
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
    }

    /// How many pieces of up to three files and connections each may be open at a time where a process may have `limit`
    /// of them.
    ///
    /// Two connections of a pipe and one that a third host or a name's resolution needs, or a connection, a file and its
    /// directory. 128 are kept for all else, half of a limit that is lower; more than 384 pieces bring nothing. The
    /// last descriptor must never be taken: libdispatch opens a file each second, and ends the process where it cannot.
    package static func pieces(within limit: Int) -> Int {
        max(1, min(384, (limit - min(128, limit / 2)) / 3))
    }

    /// How many clients a server may have where a process may have `limit` files and connections: each may need a second
    /// for what it asks, and 128 are kept for all else, half of a limit that is lower. More than 2,000 bring nothing.
    package static func clients(within limit: Int) -> Int {
        max(1, min(2_000, (limit - min(128, limit / 2)) / 2))
    }

    /// Why no file or connection can be opened now, and what to do; nil if one can.
    static func shortage() -> String? {
        let probe = ccurl_signal_make()
        guard probe < 0 else {
            close(probe)
            return nil
        }
        switch errno {
        case EMFILE: return "this process may have at most \(current) files and connections open; \(advice)."
        case ENFILE: return "the machine has no file descriptors left; stop other programs, or raise fs.file-max."
        default: return nil
        }
    }

    /// What to do about a limit that is too low.
    package static let raising = "raise the limit (ulimit -n, LimitNOFILE, --ulimit nofile)"

    private static let advice = "\(raising), or lower --width"

    private static var limits: rlimit {
        var limits = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        return limits
    }
}
