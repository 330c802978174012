/// Text that is equal only to the same bytes.
///
/// Swift's String takes canonically equivalent spellings for one (`é` as one scalar or as two); a package source and
/// an object store do not. Whatever is looked up by name is looked up by this.
package struct ExactText: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let value: String

    package init(_ value: String) {
        self.value = value
    }

    package var description: String { value }

    package static func == (left: ExactText, right: ExactText) -> Bool {
        left.value.utf8.elementsEqual(right.value.utf8)
    }

    /// Byte order of the UTF-8, as S3 lists general-purpose buckets.
    package static func < (left: ExactText, right: ExactText) -> Bool {
        left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        for byte in value.utf8 {
            hasher.combine(byte)
        }
    }
}
