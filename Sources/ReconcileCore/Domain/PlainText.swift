extension StringProtocol {
    /// The text with each control character replaced, so that it stays on one line and colours nothing, whoever wrote it.
    package func replacingControls(with replacement: Unicode.Scalar) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            plain.append(scalar.properties.generalCategory == .control ? replacement : scalar)
        }
        return String(plain)
    }
}
