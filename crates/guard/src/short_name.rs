//! Chains by the short names people write before addresses (EIP-3770).

use tracehound_model::Chain;

/// Name in the paths of Safe's transaction services, and the chain's number. Source: the list of networks of the service's own
/// client library (`api-kit`).
const SERVED: &[(&str, u64)] = &[
    ("eth", 1),
    ("oeth", 10),
    ("xdc", 50),
    ("bnb", 56),
    ("gno", 100),
    ("unichain", 130),
    ("pol", 137),
    ("monad", 143),
    ("sonic", 146),
    ("okb", 196),
    ("opbnb", 204),
    ("lens", 232),
    ("zksync", 324),
    ("wc", 480),
    ("zkevm", 1101),
    ("mantle", 5000),
    ("base", 8453),
    ("chi", 10_200),
    ("arb1", 42_161),
    ("celo", 42_220),
    ("hemi", 43_111),
    ("avax", 43_114),
    ("ink", 57_073),
    ("linea", 59_144),
    ("berachain", 80_094),
    ("basesep", 84_532),
    ("scr", 534_352),
    ("sep", 11_155_111),
    ("aurora", 1_313_161_554),
];

/// Names of EIP-3770's list that differ from those above.
const OTHER: &[(&str, u64)] = &[("matic", 137), ("mnt", 5000)];

/// A text that names no EVM chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names no EVM chain that is known here: give its number (8453), or a short name (eth, base, arb1, oeth)"
)]
pub struct NoChain(String);

/// The number of a chain by its number, its short name, or its CAIP-2 id (`eip155:1`).
pub fn chain_id(text: &str) -> Result<u64, NoChain> {
    let unknown = || NoChain(crate::json::shorten(text));
    if let Ok(number) = text.parse::<u64>() {
        return Ok(number);
    }
    let lower = text.to_ascii_lowercase();
    let known = SERVED.iter().chain(OTHER).find(|(name, _)| *name == lower).map(|(_, id)| *id);
    let named = || match text.parse() {
        Ok(Chain::Evm(id)) => Some(id),
        _ => None,
    };
    known.or_else(named).ok_or_else(unknown)
}

/// The chain's name in the paths of Safe's transaction services, where they serve it.
pub fn service(chain_id: u64) -> Option<&'static str> {
    SERVED.iter().find(|(_, id)| *id == chain_id).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_known_by_number_short_name_and_caip_2() {
        for (text, id) in
            [("1", 1), ("eth", 1), ("Base", 8453), ("eip155:10", 10), ("arb1", 42161), ("arb", 42161)]
        {
            assert_eq!(chain_id(text), Ok(id), "{text}");
        }
        for wrong in ["", "btc", "tron", "-1", "ethereums", "eip155:x"] {
            assert!(chain_id(wrong).is_err(), "{wrong}");
        }
        assert_eq!((service(137), service(31_337)), (Some("pol"), None));
    }
}
