/// Looks for bytes in bytes.
extension [UInt8] {
    /// Whether some bytes stand in it one after another, from a place on.
    func holds(_ wanted: some Collection<UInt8>, from start: Int = 0) -> Bool {
        guard let first = wanted.first else { return true }
        let rest = wanted.dropFirst()
        var place = start
        while place + rest.count < count {
            if self[place] == first, self[(place + 1)...].starts(with: rest) { return true }
            place += 1
        }
        return false
    }
}
