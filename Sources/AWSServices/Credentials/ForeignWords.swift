import Cryptography

/// What another program or a service said, made fit for a log or a report: secrets in it are masked.
enum ForeignWords {
    /// Masks the given secrets, spelled as they are, as in a URL, or as in JSON, and the beginning of one that was cut
    /// off.
    static func concealingKnown(_ words: String, _ secrets: [String?]) -> String {
        // Shorter ones would tear words apart, and none of AWS's is.
        secrets.compactMap(\.self).filter { $0.utf8.count >= 6 }.map(spellings).reduce(words, concealing)
    }

    private static func spellings(of secret: String) -> Set<String> {
        let encoded = PercentEncoding.encode(secret, keepSlash: false)
        var lowercase = ""
        var digits = 0
        for character in encoded {
            digits = character == "%" ? 3 : max(0, digits - 1)
            lowercase += digits > 0 ? character.lowercased() : String(character)
        }
        return [secret, encoded, lowercase, secret.replacing("/", with: "\\/")]
    }

    /// How many characters of a secret are enough to recognize it.
    private static let recognizable = 16

    /// - Parameter spellings: all of one secret; several may begin alike.
    private static func concealing(_ words: String, _ spellings: Set<String>) -> String {
        let heads = Set(spellings.map { $0.prefix(recognizable) })
        var (shown, rest) = ("", words[...])
        while let start = heads.compactMap({ rest.firstRange(of: $0)?.lowerBound }).min() {
            shown += rest[..<start] + mask
            rest = rest[start...]
            let shares = spellings.map { spelling in zip(rest, spelling).prefix { $0 == $1 }.count }
            rest = rest.dropFirst(shares.max() ?? 0)
        }
        return shown + rest
    }

    /// Masks whatever looks like a secret as well: a program may quote one that only it knows.
    static func concealing(_ words: String, _ secrets: [String?]) -> String {
        let rest = concealingKnown(words, secrets)
        var shown = ""
        var run = ""
        for character in rest {
            if isOfKey(character) {
                run.append(character)
            } else {
                shown += mayBeSecret(run) ? mask : run
                shown.append(character)
                run = ""
            }
        }
        return shown + (mayBeSecret(run) ? mask : run)
    }

    private static let mask = "***"

    /// Whether this is as long as AWS's secret keys and mixes cases as they do; no word, no request ID and few paths do.
    private static func mayBeSecret(_ run: String) -> Bool {
        run.utf8.count >= 40 && run.contains(where: \.isUppercase) && run.contains(where: \.isLowercase)
            && run.contains(where: \.isNumber)
    }

    /// Base64 in both spellings.
    private static func isOfKey(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "+/=_-".contains(character))
    }
}
