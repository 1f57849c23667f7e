//! Orders at Seaport that a call makes good: those of whoever calls need no signature, and whoever comes first takes them.

use alloy_primitives::{B256, U256};

use crate::{
    decode::{Call, Value, seaport::VALIDATE},
    typed::{Order, SeaportItem, SeaportOrder},
};

/// The orders that a call makes good, whoever's they are. One that is a contract's own is none of an account's.
pub(crate) fn validated(call: &Call<'_>) -> Vec<Order> {
    let Some(decoded) = call.decoded.as_ref().filter(|it| it.signature() == VALIDATE && !call.delegate)
    else {
        return Vec::new();
    };
    let orders = decoded.args.first().map(Value::elements).unwrap_or_default().iter().enumerate();
    let parts = orders.filter_map(|(index, order)| Some((index, parameters(order.elements().first()?)?)));
    parts.filter_map(|(index, parts)| parts.read(&format!("{}[{index}]", call.path))).collect()
}

fn parameters(parameters: &Value<'_>) -> Option<SeaportOrder> {
    let fields = parameters.elements();
    let uint = |index: usize| fields.get(index).and_then(Value::uint);
    let items = |index: usize| fields.get(index)?.elements().iter().map(item).collect::<Option<Vec<_>>>();
    Some(SeaportOrder {
        maker: fields.first()?.address()?,
        zone: fields.get(1)?.address(),
        offer: items(2)?,
        asked: items(3)?,
        kind: uint(4)?,
        ends: uint(6),
        conduit: B256::try_from(fields.get(9)?.bytes()?).ok()?,
    })
}

fn item(item: &Value<'_>) -> Option<SeaportItem> {
    let fields = item.elements();
    let uint = |index: usize| -> Option<U256> { fields.get(index)?.uint() };
    Some(SeaportItem {
        kind: uint(0)?,
        token: fields.get(1)?.address()?,
        id: uint(2)?,
        amounts: [uint(3)?, uint(4)?],
        recipient: fields.get(5).and_then(Value::address),
    })
}
