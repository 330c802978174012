import ReconcileCore
import TestSupport
import Testing

/// This machine's clock as the store's corrects it.
@Suite struct StoreClockTests {
    @Test func `a difference of over a minute is corrected, also when it goes away`() {
        let machine = ManualClock()
        let start = machine.secondsSince1970()
        let clock = StoreClock(machine)
        #expect(clock.secondsSince1970() == start)
        clock.see(start + 60)
        #expect(clock.secondsSince1970() == start)
        clock.see(start - 2_000_000_000)
        #expect(clock.secondsSince1970() == start - 2_000_000_000)
        machine.advance(by: .seconds(10))
        #expect(clock.secondsSince1970() == start - 1_999_999_990)
        clock.see(start + 10)
        #expect(clock.secondsSince1970() == start + 10)
        #expect(clock.now() == machine.now())
    }
}
