//! Packs of advisories that were taken in, and the keys trusted for them.

use jiff::{Timestamp, civil::Date};
use tracehound_model::SourceId;

use super::{ClaimStore, StoreError, decode};

impl ClaimStore {
    /// Records that a pack was taken in whole: each of `sources` is complete up to `complete_as_of`. The same once more
    /// is a no-op, unless list versions of one of them were taken back since. `signer` is the key whose signature it had; none for the pack that comes with the product.
    pub async fn record_pack(
        &self,
        pack: &crate::pack::Pack,
        signer: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let doing = "recording a pack";
        let mut change = self.change(doing).await?;
        let known: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM pack p WHERE name = $1 AND sha256 = $2 AND NOT EXISTS (SELECT 1 FROM pack_source o \
             JOIN source_check w ON w.source = o.source WHERE o.pack = p.id AND w.outcome = 2 AND w.at >= p.recorded_at)",
        )
            .bind(&pack.name)
            .bind(&pack.sha256)
            .fetch_one(change.db())
            .await
            .map_err(StoreError::while_(doing))?;
        if known > 0 {
            return Ok(());
        }
        let id = decode::next_id(change.db(), "SELECT MAX(id) FROM pack").await?;
        sqlx::query(
            "INSERT INTO pack (id, name, complete_as_of, sha256, signer, recorded_at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id)
        .bind(&pack.name)
        .bind(pack.complete_as_of.to_string())
        .bind(&pack.sha256)
        .bind(signer)
        .bind(now.as_microsecond())
        .execute(change.db())
        .await
        .map_err(StoreError::while_(doing))?;
        for SourceId(source) in pack.sources() {
            sqlx::query("INSERT INTO pack_source (pack, source) VALUES ($1, $2)")
                .bind(id)
                .bind(source)
                .execute(change.db())
                .await
                .map_err(StoreError::while_(doing))?;
        }
        change.commit(None).await
    }

    /// The day up to which the newest pack of this name is complete, and its hash.
    pub async fn pack_in_force(&self, name: &str) -> Result<Option<(Date, String)>, StoreError> {
        let row = sqlx::query(
            "SELECT id, complete_as_of, sha256 FROM pack WHERE name = $1 ORDER BY complete_as_of DESC, id DESC LIMIT 1",
        )
        .bind(name)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::while_("reading packs"))?;
        let Some(row) = row else { return Ok(None) };
        let cells = decode::Cells::new(&row, "pack")?;
        Ok(Some((cells.date("complete_as_of")?, cells.get("sha256")?)))
    }

    /// Remembers a public key whose packs are taken from now on.
    pub async fn trust(&self, key: &str, now: Timestamp) -> Result<(), StoreError> {
        let doing = "remembering a key";
        let mut change = self.change(doing).await?;
        let id = decode::next_id(change.db(), "SELECT MAX(id) FROM trusted_key").await?;
        sqlx::query(
            "INSERT INTO trusted_key (id, key, recorded_at) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING",
        )
        .bind(id)
        .bind(key)
        .bind(now.as_microsecond())
        .execute(change.db())
        .await
        .map_err(StoreError::while_(doing))?;
        change.commit(None).await
    }

    /// The keys that were remembered.
    pub async fn trusted_keys(&self) -> Result<Vec<String>, StoreError> {
        sqlx::query_scalar("SELECT key FROM trusted_key ORDER BY id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::while_("reading the trusted keys"))
    }
}
