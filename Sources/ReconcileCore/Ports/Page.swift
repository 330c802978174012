/// A token that requests the next page of a listing. Opaque; any non-empty string.
package struct PageToken: Hashable, Sendable {
    package let value: String

    package init(_ value: String) {
        self.value = value
    }
}

/// One page of a listing. It may be short or empty even if `next` is present; only a missing `next` means the end.
package struct Page<Element: Sendable>: Sendable {
    package let elements: [Element]
    package let next: PageToken?
    /// Folders that are missing from this page of a store's listing because access is denied.
    package let hidden: [HiddenFolder]

    package init(_ elements: [Element], next: PageToken? = nil, hidden: [HiddenFolder] = []) {
        self.elements = elements
        self.next = next
        self.hidden = hidden
    }
}

/// A folder that a store refuses to list, so its content is unknown.
package struct HiddenFolder: Hashable, Sendable {
    /// The prefix of the keys in it; ends with a slash.
    package let prefix: ObjectKey
    package let failure: RemoteFailure

    package init(_ prefix: ObjectKey, _ failure: RemoteFailure) {
        (self.prefix, self.failure) = (prefix, failure)
    }

    /// Whether the folder may contain keys with another prefix, which must end with a slash.
    package func meets(_ other: ObjectKey) -> Bool {
        let (own, other) = (prefix.value.utf8, other.value.utf8)
        return own.starts(with: other) || other.starts(with: own)
    }
}
