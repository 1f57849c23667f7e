//! Everything the guard promises, on real cases where there are some.

mod acknowledged;
mod acquaintances;
mod anothers;
mod behind;
mod boundaries;
mod bridges;
mod bybit;
mod corpus;
mod counted;
mod cow;
mod descriptors;
mod documents;
mod elsewhere;
mod encoded;
mod executed;
mod facts;
mod figures;
mod flows;
mod hard_cases;
mod hashes;
mod honest;
mod hostile;
mod impostors;
mod instructed;
mod labelled;
mod later;
mod left;
mod marked;
mod memos;
mod mentioned;
mod monotone;
mod nameless;
mod oracle;
mod powers;
mod proceeds;
mod queue;
mod revoked;
mod router;
mod router_v4;
mod routes;
mod rpc;
mod rules;
mod said;
mod saw;
mod senders;
mod sentences;
mod shapes;
mod shared;
mod terms;
mod texts;
mod unvouched;
mod watch;
mod whose;
mod wrapped;

/// The shipped policy without its bound on what may be lost for want of a price, for whatever is no matter of prices.
struct Unpriced;

const UNPRICED: Unpriced = Unpriced;

impl std::fmt::Display for Unpriced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let whole = tracehound_guard::policy::DEFAULT;
        let open = whole.replace("unseen-loss = 1_000 ", "unseen-loss = 4_000_000_000 ");
        assert_ne!(open, whole, "the bound is written otherwise");
        f.write_str(&open)
    }
}

/// The fields of a Safe transaction that sets no refund of gas up.
const NO_REFUND: &str = r#""safeTxGas":"0","baseGas":"0","gasPrice":"0","gasToken":"0x0000000000000000000000000000000000000000","refundReceiver":"0x0000000000000000000000000000000000000000""#;

/// A Safe transaction with all that its hash covers, where that is left out as nothing.
fn whole(mut tx: serde_json::Value) -> serde_json::Value {
    let rest: serde_json::Value =
        serde_json::from_str(&format!(r#"{{"value":"0","data":"0x",{NO_REFUND}}}"#)).expect("JSON");
    for (key, value) in rest.as_object().expect("an object") {
        if tx.get(key).is_none() {
            tx[key] = value.clone();
        }
    }
    tx
}
