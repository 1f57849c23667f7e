//! Whatever somebody writes: nothing panics, and what is read holds together.

use proptest::prelude::*;
use tracehound_bridges::{
    chainflip,
    memo::{MOST_BYTES, Memo, Network, Outcome, Party, Said, read},
    outputs::memo_in,
};

/// Texts near the grammar: its words, its marks, addresses, numbers and anything else.
fn near_a_memo() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        prop::sample::select(vec![
            "=",
            "swap",
            "s",
            "=<",
            "m=<",
            "+",
            "-",
            "out",
            "refund",
            "migrate",
            "r",
            "reference",
            "$+",
            "tcy-",
            "pool-",
            "n",
            "",
            "b",
            "a",
            "c",
            "tr",
            "ETH.ETH",
            "BTC/BTC",
            "ETH~USDT-0xdac1",
            "dx",
            "t/t1",
            "10/20",
            "10000",
            "1e9",
            "87e7/1/0",
            "e9999999999",
            "bc1q6527vxxqjpq80la2l0sw7hay3lj6dz07zs6gzl",
            "0xe3c64974c78f5693bd2bc68b3221d58df5c6e877",
            "0xé",
            "TIER2",
        ])
        .prop_map(ToOwned::to_owned),
        "[ -~]{0,12}",
        "\\PC{0,6}",
    ];
    let mark = prop::sample::select(vec![":", ":", ":", "/", "|", "^", "."]);
    prop::collection::vec((part, mark), 0..12)
        .prop_map(|parts| parts.into_iter().map(|(part, mark)| part + mark).collect::<String>())
}

/// Whom a memo says to pay.
fn destination(memo: &Memo) -> Option<&Party> {
    match &memo.said {
        Some(Said::Swap(swap)) => swap.destination.as_ref(),
        Some(Said::Loan(loan)) => loan.destination.as_ref(),
        _ => None,
    }
}

proptest! {
    #[test]
    fn a_memo_of_any_text_holds_together(text in near_a_memo(), maya: bool) {
        let network = if maya { Network::Mayachain } else { Network::Thorchain };
        let memo = read(network, &text);
        prop_assert_eq!(memo.said.is_none(), memo.outcome == Outcome::Unreadable);
        prop_assert_eq!(memo.why.is_some(), memo.outcome == Outcome::Unreadable);
        prop_assert!(memo.function.is_some() || memo.outcome == Outcome::Unreadable);
        prop_assert!(text.len() <= MOST_BYTES || memo.outcome == Outcome::Unreadable);
        prop_assert_eq!(memo.passthrough.is_some(), text.contains('|'));
        if let Some(whom) = destination(&memo) {
            prop_assert!(text.contains(whom.text()));
            prop_assert_eq!(matches!(whom, Party::Name(_)), memo.outcome == Outcome::UnresolvedName);
        }
        if let Some(Said::Swap(swap)) = &memo.said {
            let shares: u64 = swap.affiliates.iter().map(|affiliate| affiliate.bps).sum();
            prop_assert!(shares <= 10_000 && swap.affiliates.len() <= 5);
            // An asset that is written out is read as itself.
            let again = read(network, &format!("=:{}", swap.asset));
            let Some(Said::Swap(same)) = again.said else { return Err(TestCaseError::fail(swap.asset.to_string())) };
            prop_assert_eq!(&same.asset, &swap.asset);
            if let Some((chain, _)) = swap.destination.as_ref().and_then(|whom| whom.on_chain_of(&swap.asset)) {
                prop_assert_eq!(swap.asset.paid_on(), Some(chain));
            }
        }
    }

    #[test]
    fn scripts_of_any_bytes_hold_printable_memos_of_their_own_outputs(
        scripts in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..90),
            "[ -~]{0,80}".prop_map(|text| {
                let length = u8::try_from(text.len()).expect("short");
                [&[0x6a, 0x4c, length][..], text.as_bytes()].concat()
            }),
            prop::collection::vec(any::<u8>(), 20..=20).prop_map(|hash| [&[0x00, 0x14][..], &hash].concat()),
        ], 0..6),
    ) {
        let found = memo_in(&scripts);
        prop_assert!(found.memo.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        prop_assert!(found.memo.is_empty() || !found.data.is_empty());
        for &number in found.data.iter().chain(&found.text) {
            prop_assert!(number < scripts.len());
        }
        // Whoever is told to be text is behind data.
        prop_assert!(found.text.iter().all(|text| found.data.first().is_some_and(|data| data < text)));
    }

    #[test]
    fn a_vault_swap_of_any_bytes_takes_all_of_them_or_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..90), asset in 0u8..24) {
        let bytes = [&[1, asset][..], &bytes].concat();
        if chainflip::read(&bytes).is_ok() {
            prop_assert!(chainflip::read(&[&bytes[..], &[0]].concat()).is_err());
            prop_assert!(chainflip::read(&bytes[..bytes.len() - 1]).is_err());
        }
    }
}
