/// A token that asks a listing for its next page. Opaque; any non-empty string.
package struct PageToken: Hashable, Sendable {
    package let value: String

    package init(_ value: String) {
        self.value = value
    }
}

/// One page of a listing. A page may be short or empty while `next` is present; only an absent `next` is the end.
package struct Page<Element: Sendable>: Sendable {
    package let elements: [Element]
    package let next: PageToken?
    /// What the page of a store's listing lacks because it may not be seen.
    package let hidden: [HiddenFolder]

    package init(_ elements: [Element], next: PageToken? = nil, hidden: [HiddenFolder] = []) {
        self.elements = elements
        self.next = next
        self.hidden = hidden
    }
}

/// A folder that a store refuses to show, so that nothing is known of what is in it.
package struct HiddenFolder: Hashable, Sendable {
    /// Of the keys in it; ends with a slash.
    package let prefix: ObjectKey
    package let failure: RemoteFailure

    package init(_ prefix: ObjectKey, _ failure: RemoteFailure) {
        (self.prefix, self.failure) = (prefix, failure)
    }

    /// Whether some key with another prefix that ends with a slash may be in it.
    package func meets(_ other: ObjectKey) -> Bool {
        let (own, other) = (prefix.value.utf8, other.value.utf8)
        return own.starts(with: other) || other.starts(with: own)
    }
}
