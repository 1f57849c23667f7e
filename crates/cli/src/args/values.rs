//! Values on the command line, read the same way by every command.

use tracehound_model::{BitcoinNetwork, Chain};

/// A category by its id or one of the words that published lists use.
pub(super) fn category(word: &str) -> Result<tracehound_model::Category, String> {
    tracehound_attribution::import::category_from(word).map_err(|near| {
        let all: Vec<&str> = tracehound_model::Category::ALL.iter().map(|category| category.id()).collect();
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        format!("no category of that name{near} They are: {}", all.join(", "))
    })
}

pub(super) fn source_kind(word: &str) -> Result<tracehound_model::SourceKind, String> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|_| "a kind of source is sanctions, law_enforcement, labels or own".to_owned())
}

pub(super) fn score(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(score) if (0.0..=1.0).contains(&score) => Ok(score),
        _ => Err("a score is a number from 0 to 1".to_owned()),
    }
}

pub(super) fn born(text: &str) -> Result<tracehound_model::Born, String> {
    let read = tracehound_model::Born::written(text).map(Ok);
    read.unwrap_or_else(|| text.parse())
        .map_err(|error: tracehound_model::particulars::BornError| error.to_string())
}

pub(super) fn country(text: &str) -> Result<tracehound_model::Country, String> {
    tracehound_attribution::country(text)
        .ok_or_else(|| "no country of that name: write its code (ISO 3166-1) or its name".to_owned())
}

pub(super) fn method(text: &str) -> Result<tracehound_analysis::taint::Method, String> {
    use tracehound_analysis::taint::Method;
    Method::COMPARED
        .into_iter()
        .find(|method| method.name() == text)
        .ok_or_else(|| "one of poison, haircut, fifo, lifo, tiho".to_owned())
}

pub(super) fn network(text: &str) -> Result<BitcoinNetwork, String> {
    match text {
        "mainnet" | "main" | "bitcoin" => Ok(BitcoinNetwork::Mainnet),
        "testnet" | "test" => Ok(BitcoinNetwork::Testnet),
        "signet" => Ok(BitcoinNetwork::Signet),
        "regtest" => Ok(BitcoinNetwork::Regtest),
        _ => Err("one of mainnet, testnet, signet, regtest".to_owned()),
    }
}

/// Any chain by its name or CAIP-2 id; one of Bitcoin's networks or an EVM chain.
pub(super) fn chain(text: &str) -> Result<Chain, String> {
    match text.parse() {
        Ok(chain @ (Chain::Bitcoin(_) | Chain::Evm(_))) => Ok(chain),
        Ok(chain) => Err(format!("{} has no ledger in this version", chain.short_name())),
        Err(_) => Err("a chain such as btc, eth, base, sepolia or eip155:137".to_owned()),
    }
}

/// An EVM chain's id.
pub(super) fn evm_chain(text: &str) -> Result<u64, String> {
    match chain(text)? {
        Chain::Evm(id) => Ok(id),
        _ => Err("an EVM chain such as eth, base, sepolia or eip155:137".to_owned()),
    }
}

pub(super) fn duration(text: &str) -> Result<jiff::SignedDuration, String> {
    let wrong = || "a time span such as 90s, 30m or 1h".to_owned();
    let span: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    if span.is_negative() { Err(wrong()) } else { Ok(span) }
}

/// A time span after which somebody else's server is asked again.
pub(super) fn a_second(text: &str) -> Result<jiff::SignedDuration, String> {
    let span = duration(text)?;
    if span.as_secs() == 0 { Err("a time span from 1s on".to_owned()) } else { Ok(span) }
}

/// A moment of `--as-of`: a day means its end, so that what was listed on that day counts; of the day that it is, what has
/// come of it. Nothing vouches for a moment that has not come.
pub(super) fn moment(text: &str) -> Result<jiff::Timestamp, String> {
    let asked = time(text, jiff::civil::time(23, 59, 59, 0), "its end")?;
    let now = jiff::Timestamp::now();
    let now = now - jiff::SignedDuration::from_nanos(i64::from(now.subsec_nanosecond()));
    let begun = time(text, jiff::civil::Time::midnight(), "its beginning")?;
    if begun > now { Err("it has not come".to_owned()) } else { Ok(asked.min(now)) }
}

/// A moment that has come; a day means its beginning, so that no more is vouched for than was seen.
pub(super) fn past(text: &str) -> Result<jiff::Timestamp, String> {
    let moment = time(text, jiff::civil::Time::midnight(), "its beginning")?;
    if moment > jiff::Timestamp::now() {
        return Err("it has not come".to_owned());
    }
    Ok(moment)
}

/// Every moment on the command line: a day with the time `of_day`, or a moment; one without a zone is of UTC.
fn time(text: &str, of_day: jiff::civil::Time, meaning: &str) -> Result<jiff::Timestamp, String> {
    let wrong = || {
        format!("a day (2025-01-01, {meaning}) or a moment (2025-02-21T14:16:00Z; without a zone it is UTC)")
    };
    let text = text.trim();
    if let Ok(timestamp) = text.parse() {
        return Ok(timestamp);
    }
    let moment: jiff::civil::DateTime = if text.contains(':') {
        text.parse().map_err(|_| wrong())?
    } else if text.len() == "2025-01-01".len() {
        let day: jiff::civil::Date = text.parse().map_err(|_| wrong())?;
        day.to_datetime(of_day)
    } else {
        return Err(wrong());
    };
    moment.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp()).map_err(|_| wrong())
}

/// Bytes of memory: a number with K, M, G or T, powers of 1024.
pub(super) fn memory(text: &str) -> Result<u64, String> {
    const LEAST: u64 = 16 << 20;
    let wrong = || "a size such as 512M or 4G, 16M at least".to_owned();
    let digits = text.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_uppercase().trim_end_matches('B').trim_end_matches('I') {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err(wrong()),
    };
    let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    bytes.filter(|&bytes| bytes >= LEAST).ok_or_else(wrong)
}

pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&count| count > 0).ok_or_else(|| "a number from 1 on".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_span_is_never_negative() {
        assert_eq!(duration("90m"), Ok(jiff::SignedDuration::from_mins(90)));
        assert_eq!(duration("0s"), Ok(jiff::SignedDuration::ZERO));
        assert!(duration("-1h").is_err() && duration("soon").is_err());
        assert!(a_second("999ms").is_err() && a_second("1s").is_ok());
    }

    #[test]
    fn sizes_are_powers_of_1024_and_nonsense_is_none() {
        assert_eq!(memory("128M"), Ok(128 << 20));
        assert_eq!(
            (memory("2g"), memory("512MiB"), memory("16777216")),
            (Ok(2 << 30), Ok(512 << 20), Ok(16 << 20))
        );
        for wrong in ["", "M", "128", "15M", "-1G", "1.5G", "1X", "99999999999T"] {
            assert!(memory(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_day_means_its_end() {
        assert_eq!(moment("2025-01-01").expect("a day").to_string(), "2025-01-01T23:59:59Z");
        assert_eq!(moment("2025-02-21T14:16:00Z").expect("a moment").to_string(), "2025-02-21T14:16:00Z");
        for wrong in
            ["yesterday", "", "2025", "2025-1-1", "20250101", "2025-02-30", "2025-02-21T", "2025-02-21T25:00"]
        {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_asked_about_has_come() {
        let now = jiff::Timestamp::now();
        let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let asked = moment(&today.to_string()).expect("it has begun");
        assert!(asked >= now - jiff::SignedDuration::from_secs(1) && asked <= jiff::Timestamp::now());
        let later = today + jiff::SignedDuration::from_hours(48);
        assert!(moment(&later.to_string()).is_err() && moment("2999-01-01T00:00:00Z").is_err());
    }

    #[test]
    fn what_a_person_vouches_for_has_come() {
        assert_eq!(past("2025-01-01").expect("a day").to_string(), "2025-01-01T00:00:00Z");
        assert!(past("2999-01-01").is_err() && past("2999-01-01T00:00:00Z").is_err());
    }

    #[test]
    fn a_time_without_a_zone_is_of_utc() {
        for text in ["2025-02-21T14:16:00", "2025-02-21 14:16", "2025-02-21T15:16:00+01:00"] {
            assert_eq!(moment(text).expect(text).to_string(), "2025-02-21T14:16:00Z");
        }
    }
}
