/// Text from elsewhere, made safe for one line of a terminal or a log.
extension StringProtocol {
    /// The text with each control character replaced, so that it stays on one line and colours nothing, whoever wrote
    /// it.
    package func replacingControls(with replacement: Unicode.Scalar) -> String {
        // Nearly every text has none.
        guard unicodeScalars.contains(where: \.isControl) else { return String(self) }
        var plain = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            plain.append(scalar.isControl ? replacement : scalar)
        }
        return String(plain)
    }
}

extension Unicode.Scalar {
    /// Whether it is a control character: C0, DEL or C1. Those are the general category Cc, and Unicode's stability
    /// policy keeps it so; looking the category up costs far more.
    package var isControl: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F: true
        default: false
        }
    }
}
