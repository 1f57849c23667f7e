//! How often and how long to wait for a server that is busy.

use std::{
    num::NonZeroU32,
    thread,
    time::{Duration, Instant},
};

use tracing::info;

/// Longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Longest time that all tries of one exchange take together, pauses included.
const PATIENCE: Duration = Duration::from_mins(5);

/// The tries that are left of something that is asked of a server again and again.
#[derive(Debug)]
pub struct Tries {
    left: u32,
    pause: Duration,
    until: Instant,
}

/// What to do after a try that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Wait this long and try again.
    Wait(Duration),
    /// That was the last try.
    End,
    /// The server asks for a longer pause than is made.
    TooLong(Duration),
}

impl Tries {
    /// `retries` more after the first, none of which begins later than `within` from now or five minutes.
    pub fn new(retries: u32, pause: Duration, within: Duration) -> Self {
        Self { left: retries, pause, until: Instant::now() + within.min(PATIENCE) }
    }

    /// Waits before another try, if there is to be one. What the server asked for counts, up to a minute; else the pause, which
    /// doubles each time.
    pub fn wait(&mut self, asked: Option<Duration>) -> Next {
        let next = self.next(asked, Instant::now());
        match next {
            Next::Wait(pause) => {
                info!(?pause, left = self.left, "busy or broken: asked again after a pause");
                thread::sleep(pause);
            }
            Next::TooLong(pause) => info!(?pause, "asks for a longer pause than is made"),
            Next::End => {}
        }
        next
    }

    fn next(&mut self, asked: Option<Duration>, now: Instant) -> Next {
        if let Some(asked) = asked.filter(|asked| *asked > LONGEST_PAUSE) {
            return Next::TooLong(asked);
        }
        let wait = asked.unwrap_or(self.pause).min(LONGEST_PAUSE);
        if self.left == 0 || now + wait > self.until {
            return Next::End;
        }
        self.left -= 1;
        self.pause = self.pause.saturating_mul(2);
        Next::Wait(wait)
    }
}

/// Keeps what is asked of a server below so much a second.
#[derive(Debug)]
pub struct Pace {
    each: Duration,
    free: Instant,
}

impl Pace {
    /// At most `per_second` calls a second; as many as there are for `None`.
    pub fn new(per_second: Option<NonZeroU32>) -> Self {
        let each = per_second.map_or(Duration::ZERO, |number| Duration::from_secs(1) / number.get());
        Self { each, free: Instant::now() }
    }

    /// Waits until so many calls may be made.
    pub fn wait(&mut self, calls: u32) {
        let pause = self.pause(calls, Instant::now());
        if !pause.is_zero() {
            thread::sleep(pause);
        }
    }

    /// How long to wait before so many calls. What was not used of earlier seconds is lost.
    fn pause(&mut self, calls: u32, now: Instant) -> Duration {
        let pause = self.free.saturating_duration_since(now);
        self.free = now + pause + self.each.saturating_mul(calls);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn pauses_double_until_the_tries_are_used_up() {
        let mut tries = Tries::new(3, SECOND, PATIENCE);
        let now = Instant::now();
        let pauses: Vec<_> = (0..4).map(|_| tries.next(None, now)).collect();
        assert_eq!(pauses, [Next::Wait(SECOND), Next::Wait(2 * SECOND), Next::Wait(4 * SECOND), Next::End]);
    }

    #[test]
    fn a_servers_wish_counts_up_to_a_minute() {
        let mut tries = Tries::new(9, SECOND, PATIENCE);
        let now = Instant::now();
        assert_eq!(tries.next(Some(Duration::ZERO), now), Next::Wait(Duration::ZERO));
        assert_eq!(tries.next(Some(60 * SECOND), now), Next::Wait(60 * SECOND));
        assert_eq!(tries.next(Some(61 * SECOND), now), Next::TooLong(61 * SECOND));
        assert_eq!(tries.next(Some(Duration::MAX), now), Next::TooLong(Duration::MAX));
        // Its wishes do not stop our own pauses from growing.
        assert_eq!(tries.next(None, now), Next::Wait(4 * SECOND));
    }

    #[test]
    fn all_tries_together_end() {
        let began = Instant::now();
        let mut tries = Tries::new(1_000, 40 * SECOND, Duration::MAX.min(PATIENCE));
        assert_eq!(tries.next(None, began), Next::Wait(40 * SECOND));
        // Doubled for ever it would be days; it stays at the longest that a server may ask for.
        assert_eq!(tries.next(None, began), Next::Wait(60 * SECOND));
        assert_eq!(tries.next(None, began + 239 * SECOND), Next::Wait(60 * SECOND));
        assert_eq!(tries.next(None, began + 242 * SECOND), Next::End);
        let mut short = Tries::new(9, 2 * SECOND, SECOND);
        assert_eq!(short.next(None, began), Next::End, "what would begin too late does not begin");
    }

    #[test]
    fn calls_are_spread_over_the_seconds_that_they_need() {
        let mut pace = Pace::new(NonZeroU32::new(4));
        let now = Instant::now();
        assert_eq!(pace.pause(8, now), Duration::ZERO);
        assert_eq!(pace.pause(1, now), 2 * SECOND, "eight calls take two seconds");
        assert_eq!(pace.pause(1, now + 9 * SECOND), Duration::ZERO);
        assert_eq!(
            pace.pause(1, now + 9 * SECOND),
            SECOND / 4,
            "seconds in which nothing was asked are not made up"
        );
        let (mut free, now) = (Pace::new(None), Instant::now());
        assert_eq!((free.pause(u32::MAX, now), free.pause(1, now)), (Duration::ZERO, Duration::ZERO));
    }
}
