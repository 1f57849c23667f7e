//! In how many ways a transaction can be read.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use tracehound_analysis::{
    boltzmann::{Amounts, BoltzmannError, FeeShare, Linkability},
    coinjoin::{self, Answer, Coin, CoinJoin, Protocol, TxShape},
};
use tracehound_model::Asset;

use super::{
    Answered, Unanswered, of_bitcoin, to_bytes,
    transaction::{Owners, when},
};

/// What a line says; other keys are ignored.
#[derive(Deserialize)]
struct Question<'a> {
    #[serde(borrow)]
    txid: Option<Cow<'a, str>>,
    #[serde(default = "of_bitcoin")]
    asset: Asset,
    height: Option<u32>,
    time: Option<u64>,
    #[serde(borrow)]
    inputs: Vec<Given<'a>>,
    #[serde(borrow)]
    outputs: Vec<Given<'a>>,
    /// Sets of inputs known to be one owner's, by place.
    #[serde(default)]
    linked: Vec<Vec<usize>>,
    max_cj_intrafees_ratio: Option<f64>,
}

/// An amount, alone or with its script.
struct Given<'a> {
    value: u64,
    script: Option<Cow<'a, str>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Given<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields<'a> {
            value: u64,
            #[serde(borrow)]
            script: Option<Cow<'a, str>>,
        }

        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Given<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("base units, or an object with `value` and `script`")
            }

            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Given { value, script: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let Fields { value, script } = Fields::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Given { value, script })
            }
        }

        from.deserialize_any(Either)
    }
}

/// In how many ways a transaction can be read.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Readings<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    txid: Option<&'a str>,
    /// What the amounts count.
    asset: Asset,
    interpretations: u128,
    entropy: f64,
    fee: u64,
    /// For each output, for each input: in how many interpretations they are linked.
    matrix: &'a [Vec<u128>],
    /// The pairs that are linked in all of them, by place.
    deterministic: Vec<Pair>,
    /// The outputs of the matrix's rows, by place, where some have no value and no row.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<&'a [usize]>,
    /// The inputs of the matrix's columns, by place, where some have no value and no column.
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<&'a [usize]>,
    /// Sets of inputs that count as one owner's, by place: named so, or of one script.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    linked: &'a [Vec<usize>],
    /// What participants may have paid each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    intrafees: Option<Fees>,
    /// The kind of `CoinJoin` that it is, or may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    coinjoin: Option<&'static str>,
    /// Why no pair is called deterministic.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct Pair {
    input: usize,
    output: usize,
}

/// The most that one receives, and that one pays to all others.
#[derive(JsonSchema, Serialize)]
struct Fees {
    maker: u64,
    taker: u64,
}

/// Counts the interpretations of the amounts of a line, in at most `work` steps.
///
/// In what looks like a `CoinJoin` a maker may receive `ratio` of the mixed amount, unless the line says otherwise;
/// by default [`FeeShare::JOINMARKET`] in a round recognised as `JoinMarket`'s and nothing elsewhere.
///
/// # Errors
/// A line that holds no amounts, and one that takes more steps.
pub fn answer(line: &[u8], work: u64, ratio: Option<FeeShare>) -> Answered {
    let mut question: Question<'_> = serde_json::from_slice(line).map_err(|error| {
        format!(
            "{error}; wanted: {{\"inputs\":[satoshi, ...],\"outputs\":[satoshi, ...]}}, or \
             {{\"value\":satoshi,\"script\":hex}} for each amount"
        )
    })?;
    let ratio = match question.max_cj_intrafees_ratio {
        None => ratio,
        Some(given) => Some(FeeShare::of(given).ok_or_else(|| {
            format!("max_cj_intrafees_ratio: {given} is no share of the mixed amount, from 0 to 1")
        })?),
    };
    let coins = Coins::of(&question)?;
    question.linked.extend(coins.of_one_script());
    let amounts = Amounts::new(&coins.inputs(), &coins.outputs(), &question.linked)
        .map_err(|error| unanswered(&error))?;
    let found = coins.recognise(&question);
    let joinmarket = found.as_ref().is_some_and(|(_, found)| found.protocol == Protocol::JoinMarket);
    let ratio = ratio.or_else(|| joinmarket.then_some(FeeShare::JOINMARKET));
    let fees = ratio.and_then(|ratio| amounts.intrafees(ratio)).unwrap_or_default();
    let links = amounts.linkability(fees, work).map_err(|error| unanswered(&error))?;
    render(&question, &links, found.as_ref())
}

fn unanswered(error: &BoltzmannError) -> Unanswered {
    match error {
        BoltzmannError::TooMuchWork(_) => Unanswered::Truncated(error.to_string()),
        _ => Unanswered::Wrong(error.to_string()),
    }
}

/// The amounts with their scripts; one without is taken for one of its own.
struct Coins {
    inputs: Vec<Option<Coin>>,
    outputs: Vec<Coin>,
    pays_wasabi1_coordinator: bool,
}

impl Coins {
    fn of(question: &Question<'_>) -> Result<Self, String> {
        let mut owners = Owners::default();
        let mut read = |side: &str, given: &[Given<'_>]| {
            let coin = |(place, given): (usize, &Given<'_>)| match &given.script {
                Some(script) => owners.coin(given.value, script).map_err(|e| format!("{side} {place}: {e}")),
                None => Ok(owners.unnamed(given.value)),
            };
            let coins = given.iter().enumerate().map(coin).collect::<Result<Vec<Coin>, String>>();
            coins.map(|coins| (coins, owners.coordinator))
        };
        let (inputs, before) = read("input", &question.inputs)?;
        let (outputs, after) = read("output", &question.outputs)?;
        let inputs = inputs.into_iter().map(Some).collect();
        Ok(Self { inputs, outputs, pays_wasabi1_coordinator: after > before })
    }

    fn inputs(&self) -> Vec<u64> {
        self.inputs.iter().flatten().map(|coin| coin.value).collect()
    }

    fn outputs(&self) -> Vec<u64> {
        self.outputs.iter().map(|coin| coin.value).collect()
    }

    /// The inputs that share a script, by place.
    fn of_one_script(&self) -> Vec<Vec<usize>> {
        let mut places: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (place, coin) in self.inputs.iter().enumerate() {
            places.entry(coin.map_or(0, |coin| coin.owner)).or_default().push(place);
        }
        places.into_values().filter(|places| places.len() > 1).collect()
    }

    /// The `CoinJoin` that it is, or may be, as a word tells.
    fn recognise(&self, question: &Question<'_>) -> Option<(&'static str, CoinJoin)> {
        let shape = TxShape {
            inputs: &self.inputs,
            outputs: &self.outputs,
            when: when(question.height, question.time),
            pays_wasabi1_coordinator: self.pays_wasabi1_coordinator,
        };
        match coinjoin::classify(&shape) {
            Answer::CoinJoin(found) => Some(("is", found)),
            Answer::Suspected(found) => Some(("may be", found)),
            Answer::Unknown { .. } | Answer::Premix(_) | Answer::No => None,
        }
    }
}

fn render(question: &Question<'_>, links: &Linkability, found: Option<&(&str, CoinJoin)>) -> Answered {
    let pair = |&(input, output): &(usize, usize)| Pair { input, output };
    let fees = links.intrafees;
    let note = found.filter(|_| fees.is_none()).map(|(is, found)| {
        format!(
            "this {is} a CoinJoin ({}): its participants may pay each other, and without such fees a pair that is linked \
             in every interpretation may be two strangers'; so none is called deterministic",
            found.protocol.name()
        )
    });
    let deterministic = if note.is_some() { &[][..] } else { &links.deterministic };
    to_bytes(&Readings {
        txid: question.txid.as_deref(),
        asset: question.asset,
        interpretations: links.interpretations,
        entropy: links.entropy(),
        fee: links.fee,
        matrix: &links.together,
        deterministic: deterministic.iter().map(pair).collect(),
        rows: (links.outputs.len() < question.outputs.len()).then_some(&links.outputs),
        columns: (links.inputs.len() < question.inputs.len()).then_some(&links.inputs),
        linked: &question.linked,
        intrafees: (!fees.is_none()).then_some(Fees { maker: fees.maker, taker: fees.taker }),
        coinjoin: found.map(|(_, found)| found.protocol.name()),
        note,
    })
}
