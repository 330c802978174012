import Glibc

/// The width of the terminal behind a descriptor (ioctl_tty(2), TIOCGWINSZ).
package enum TerminalSize {
    /// Returns the terminal's current columns; otherwise COLUMNS from the environment, or 80.
    package static func columns(of descriptor: CInt, environment: [String: String]) -> Int {
        var size = winsize()
        if unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return environment["COLUMNS"].flatMap(Int.init) ?? 80
    }
}
