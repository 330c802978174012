extension Collection<String> {
    /// The first few of many, for a sentence, such as "a, b, c and 4 more".
    ///
    /// - Parameter total: how many there are if this holds the first of them only.
    package func firstFew(_ limit: Int = .max, of total: Int? = nil) -> String {
        let shown = prefix(limit)
        let rest = (total ?? count) - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }
}
