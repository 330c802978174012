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

    package init(_ elements: [Element], next: PageToken? = nil) {
        self.elements = elements
        self.next = next
    }
}
